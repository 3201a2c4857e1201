package import Foundation
package import WhiskerSystem

/// A JSON document, or a part of one.
package enum JSONValue: Hashable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// Reads a document; it may nest 512 levels deep.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `corruptHeader`, naming the place.
  package init(_ text: [UInt8], place: String, file: String) throws(WhiskerError) {
    guard text.count <= JSONValue.sizeLimit else {
      throw WhiskerError(
        .corruptHeader, file,
        "\(place): expected at most \(JSONValue.sizeLimit) bytes, got \(text.count)")
    }
    do {
      try self.init(Data(text))
    } catch {
      throw WhiskerError(
        .corruptHeader, file, "\(place): expected JSON, got: \(JSONValue.explain(error))")
    }
  }

  /// Reads a document: a `Decoder` that asks each value for its kind would take twice as long.
  package init(_ document: Data) throws {
    self.init(object: try JSONSerialization.jsonObject(with: document, options: .fragmentsAllowed))
  }

  /// What a value is written as, by ``PlainJSON``: numbers that aren't finite are strings.
  package init(encoding value: some Encodable) throws {
    try self.init(Data(PlainJSON.encode(value).utf8))
  }

  /// A value as Foundation reads it.
  private init(object: Any) {
    switch object {
    case let text as String: self = .string(text)
    case let members as [String: Any]: self = .object(members.mapValues { JSONValue(object: $0) })
    case let elements as [Any]: self = .array(elements.map { JSONValue(object: $0) })
    case let number as NSNumber:
      // A truth value is a number of one letter to Foundation.
      if number.objCType.pointee == CChar(UInt8(ascii: "c")) {
        self = .boolean(number.boolValue)
      } else if let value = (number as? NSDecimalNumber).flatMap({ Double($0.description) }) {
        // Some of more than 17 digits are decimal numbers to Foundation, which doesn't always know their nearest double.
        self = Int(exactly: value).map { .integer($0) } ?? .number(value)
      } else {
        self = Int(exactly: number).map { .integer($0) } ?? .number(number.doubleValue)
      }
    default: self = .null
    }
  }

  /// The largest document: the descriptions of the largest networks hold a third of it.
  private static let sizeLimit = 4 << 20

  /// The document in one line; members are sorted, so that the same value gives the same text.
  package var text: String { (try? PlainJSON.encode(self)) ?? "null" }

  /// What an error of a decoder says, with its place.
  static func explain(_ error: any Error) -> String {
    switch error {
    case DecodingError.dataCorrupted(let context), DecodingError.keyNotFound(_, let context),
      DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
      return (path.isEmpty ? "" : path.joined(separator: ".") + ": ") + context.debugDescription
    default: return (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String ?? "\(error)"
    }
  }
}

extension JSONValue {
  /// A member of an object; nil if this is no object or has no such member.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }

  /// The text of a string.
  package var string: String? { if case .string(let text) = self { text } else { nil } }

  /// The truth of a truth value.
  package var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }

  /// A whole number.
  package var integer: Int? {
    switch self {
    case .integer(let number): number
    case .number(let number): Int(exactly: number)
    default: nil
    }
  }

  /// Any number.
  package var number: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }

  /// The elements of an array.
  package var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }

  /// The members of an object.
  package var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }

  /// The value as an error shows it: the beginning of its text.
  var excerpt: String {
    let text = text
    return text.count <= 80 ? text : text.prefix(80) + "…"
  }
}

extension JSONValue: Encodable {
  /// Writes the JSON.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .boolean(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let elements): try container.encode(elements)
    case .object(let members): try container.encode(members)
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByNilLiteral
{
  /// `"text"`.
  package init(stringLiteral value: String) { self = .string(value) }
  /// `3`.
  package init(integerLiteral value: Int) { self = .integer(value) }
  /// `0.5`.
  package init(floatLiteral value: Double) { self = .number(value) }
  /// `true`.
  package init(booleanLiteral value: Bool) { self = .boolean(value) }
  /// `[1, 2]`.
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// `["key": 1]`.
  package init(dictionaryLiteral members: (String, JSONValue)...) {
    self = .object(Dictionary(members) { _, last in last })
  }
  /// `nil`.
  package init(nilLiteral: ()) { self = .null }

  /// A single-precision number as Keras writes it: as the double of the same value.
  package init(_ value: Float) { self = .number(Double(value)) }
}
