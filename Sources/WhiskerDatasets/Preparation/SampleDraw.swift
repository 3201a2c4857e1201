/// One use of a sample; together with the seed it fixes everything random about that use.
package struct SampleDraw: Hashable, Sendable {
  /// Which sample of the dataset.
  package let index: Int
  /// Which pass over the data, from 0.
  package let pass: Int
}
