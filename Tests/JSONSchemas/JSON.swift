import Foundation

/// A JSON value.
public indirect enum JSON: Hashable, Sendable, Decodable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number.
    case number(Double)
    /// A text.
    case string(String)
    /// A list.
    case array([JSON])
    /// Members.
    case object([String: JSON])

    /// Reads a document.
    public init(_ text: String) throws {
        self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
    }

    /// Reads any value.
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let array = try? value.decode([JSON].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }

    /// A member of an object.
    public subscript(_ name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    /// The text; nil: it is none.
    public var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The list; nil: it is none.
    public var list: [JSON]? {
        guard case .array(let list) = self else { return nil }
        return list
    }

    /// The members; nil: it is no object.
    public var members: [String: JSON]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// The number; nil: it is none.
    public var value: Double? {
        guard case .number(let number) = self else { return nil }
        return number
    }
}
