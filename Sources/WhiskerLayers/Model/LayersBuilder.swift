/// Lets a network be written as a list of layers, with `if` and `for` among them.
@resultBuilder
public enum LayersBuilder {
  /// One layer.
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }

  /// Several layers that exist already.
  public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }

  /// One after another.
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }

  /// An `if` without `else`.
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }

  /// The one branch of an `if`.
  public static func buildEither(first part: [any Layer]) -> [any Layer] { part }

  /// The other branch of an `if`.
  public static func buildEither(second part: [any Layer]) -> [any Layer] { part }

  /// A loop.
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
}
