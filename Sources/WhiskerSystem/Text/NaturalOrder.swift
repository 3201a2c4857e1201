import Foundation

/// The order of names in which `cat.2` comes before `cat.10`.
///
/// A name is read as a row of numbers (runs of the digits 0 to 9) and single characters (Unicode scalars of
/// the name in NFC, by code point; a number meets a character as the digit zero does). Names that this calls
/// equal (`1`, `01`) are ordered by their length and then their bytes, so that only identical names tie. The
/// order is total and depends on no locale.
public enum NaturalOrder {
  /// Whether `first` comes before `second`.
  public static func precedes(_ first: String, _ second: String) -> Bool {
    Key(first) < Key(second)
  }

  /// The names in natural order.
  public static func sorted(_ names: some Sequence<String>) -> [String] {
    names.map(Key.init).sorted(by: <).map(\.name)
  }

  /// A name prepared for comparison; worth keeping where many names are sorted.
  package struct Key: Comparable {
    package let name: String
    private let parts: [Part]

    /// One character, or a number without its leading zeros.
    private enum Part: Equatable {
      case character(UInt32)
      case number(digits: [UInt8])
    }

    package init(_ name: String) {
      self.name = name
      var parts: [Part] = []
      var digits: [UInt8] = []
      var isInNumber = false
      func endNumber() {
        if isInNumber { parts.append(.number(digits: digits)) }
        digits = []
        isInNumber = false
      }
      for scalar in name.precomposedStringWithCanonicalMapping.unicodeScalars {
        if ("0"..."9").contains(scalar) {
          isInNumber = true
          if !(digits.isEmpty && scalar == "0") { digits.append(UInt8(scalar.value)) }
        } else {
          endNumber()
          parts.append(.character(scalar.value))
        }
      }
      endNumber()
      self.parts = parts
    }

    package static func < (first: Key, second: Key) -> Bool {
      for (left, right) in zip(first.parts, second.parts) where left != right {
        return precedes(left, right)
      }
      if first.parts.count != second.parts.count { return first.parts.count < second.parts.count }
      let (left, right) = (first.name.utf8, second.name.utf8)
      return left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
    }

    package static func == (first: Key, second: Key) -> Bool {
      first.name.utf8.elementsEqual(second.name.utf8)
    }

    private static func precedes(_ left: Part, _ right: Part) -> Bool {
      switch (left, right) {
      case (.character(let left), .character(let right)): left < right
      case (.number(let left), .number(let right)):
        left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
      case (.character(let left), .number): left < UInt32(UInt8(ascii: "0"))
      case (.number, .character(let right)): UInt32(UInt8(ascii: "0")) < right
      }
    }
  }
}
