import Foundation

/// The schemas of a folder, which may refer to one another by their files' names.
///
/// Of JSON Schema 2020-12 the keywords that ``keywords`` has; another one is refused, so that none is passed over.
public struct SchemaFolder: Sendable {
    /// What is wrong with a schema.
    public struct Malformed: Error, CustomStringConvertible {
        /// Where and what.
        public var description: String
    }

    /// The keywords that are understood.
    public static let keywords: Set<String> = [
        "$schema", "$defs", "$ref", "title", "description", "type", "enum", "const", "properties",
        "required", "additionalProperties", "propertyNames", "items", "prefixItems", "minItems",
        "maxItems", "minimum", "maximum", "pattern", "oneOf",
    ]

    /// The documents by their files' names.
    public let files: [String: JSON]

    /// The folder of the repository.
    public static let published = Result {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appendingPathComponent("docs/schema")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        var files: [String: JSON] = [:]
        for name in names where name.hasSuffix(".json") {
            files[name] = try JSON(
                String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8))
        }
        return try SchemaFolder(files)
    }

    /// Takes schemas by their files' names.
    ///
    /// - Throws: ``Malformed`` if one has a keyword that is not known, or refers to what is not there.
    public init(_ files: [String: JSON]) throws {
        self.files = files
        for (name, schema) in files.sorted(by: { $0.key < $1.key }) {
            try check(schema, name, at: name)
        }
    }

    /// The schema that a document says it has, `staleline.check/1` as the file `check-1.json`; nil: it says none.
    public static func file(of document: JSON) -> String? {
        guard let name = document["schema"]?.text, name.hasPrefix("staleline.") else { return nil }
        return name.dropFirst("staleline.".count).replacing("/", with: "-") + ".json"
    }

    /// The schema that a reference names, and the file in which it stands.
    func resolve(_ reference: String, from file: String) -> (schema: JSON, file: String)? {
        let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0].isEmpty ? file : String(parts[0])
        guard var schema = files[name] else { return nil }
        for step in (parts.count > 1 ? parts[1] : "").split(separator: "/") {
            guard let next = schema[String(step)] else { return nil }
            schema = next
        }
        return (schema, name)
    }

    // MARK: Looking through a schema

    private func check(_ schema: JSON, _ file: String, at place: String) throws {
        if case .bool = schema { return }
        guard let members = schema.members else {
            throw Malformed(description: "\(place): a schema is an object, true or false")
        }
        for (keyword, value) in members.sorted(by: { $0.key < $1.key }) {
            let place = "\(place)/\(keyword)"
            guard Self.keywords.contains(keyword) else {
                throw Malformed(description: "\(place): a keyword that is not known here")
            }
            try check(keyword, value, file, place)
        }
    }

    private func check(
        _ keyword: String, _ value: JSON, _ file: String, _ place: String
    ) throws {
        func expect(_ isRight: Bool, _ what: String) throws {
            if !isRight { throw Malformed(description: "\(place): expected \(what)") }
        }
        switch keyword {
        case "properties", "$defs":
            let members = value.members
            try expect(members != nil, "an object of schemas")
            for (name, schema) in members ?? [:] { try check(schema, file, at: "\(place)/\(name)") }
        case "additionalProperties", "propertyNames", "items": try check(value, file, at: place)
        case "prefixItems", "oneOf":
            try expect(value.list?.isEmpty == false, "a list of schemas")
            for schema in value.list ?? [] { try check(schema, file, at: place) }
        case "$ref":
            try expect(
                value.text.flatMap { resolve($0, from: file) } != nil,
                "a schema that is there, found \(value)")
        case "type":
            let names = (value.list ?? [value]).map(\.text)
            let known = ["null", "boolean", "integer", "number", "string", "array", "object"]
            try expect(names.allSatisfy { known.contains($0 ?? "") }, "names of types")
        case "enum": try expect(value.list?.isEmpty == false, "a list of values")
        case "required":
            try expect(value.list?.allSatisfy { $0.text != nil } == true, "a list of names")
        case "minItems", "maxItems", "minimum", "maximum":
            try expect(value.value != nil, "a number")
        case "pattern":
            try expect(value.text.flatMap { try? Regex($0) } != nil, "a regular expression")
        case "$schema", "title", "description": try expect(value.text != nil, "a text")
        default: break
        }
    }
}
