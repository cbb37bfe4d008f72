import Foundation

/// The files of the repository.
enum Repository {
    /// A source file with its lines.
    struct File: Sendable, CustomStringConvertible {
        /// The path below the root.
        var path: String
        /// The target it belongs to.
        var target: String
        var lines: [Substring]

        var description: String { path }
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// Every Swift file below `Sources`, in the order of their paths.
    static func sources() throws -> [File] {
        let folder = root.appendingPathComponent("Sources")
        let paths = FileManager.default.enumerator(atPath: folder.path)?.allObjects ?? []
        return try paths.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted()
            .map { path in
                let text = try text("Sources/\(path)")
                return File(
                    path: "Sources/\(path)", target: String(path.prefix { $0 != "/" }),
                    lines: text.split(separator: "\n", omittingEmptySubsequences: false))
            }
    }
}

/// A row of the table of layers in ARCHITECTURE.md.
struct LayerRow: Sendable {
    var layer: Int
    var target: String
    var imports: Set<String>

    /// The table, in its order.
    static func all() throws -> [LayerRow] {
        try Repository.text("ARCHITECTURE.md").split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 6, let layer = Int(cells[1]), let target = names(cells[2]).first
            else { return nil }
            return LayerRow(layer: layer, target: target, imports: Set(names(cells[3])))
        }
    }

    /// What stands between backquotes.
    private static func names(_ cell: String) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}

/// A target of Package.swift.
struct PackageTarget {
    var name: String
    var dependencies: Set<String>

    /// The targets that are no tests, in their order.
    static func all() throws -> [PackageTarget] {
        let manifest = try Repository.text("Package.swift")
        let pattern = #/\.(?:executableTarget|target|systemLibrary)\(\s*name: "(\w+)"/#
        let starts = manifest.matches(of: pattern)
        return starts.compactMap { match in
            let rest = manifest[match.range.upperBound...]
            let body = rest.prefix(upTo: closing(of: rest))
            // What only tests use is no layer.
            if body.contains("path: \"Tests/") { return nil }
            return PackageTarget(name: String(match.1), dependencies: dependencies(body))
        }
    }

    /// Where the parenthesis that is open at the start is closed.
    private static func closing(of text: Substring) -> Substring.Index {
        var depth = 1
        for index in text.indices {
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" { depth -= 1 }
            if depth == 0 { return index }
        }
        return text.endIndex
    }

    private static func dependencies(_ body: Substring) -> Set<String> {
        guard let start = body.firstRange(of: "dependencies: [")?.upperBound,
            let end = body[start...].firstIndex(of: "]")
        else { return [] }
        // A product is named once for itself and once for its package; the product's name is what is imported.
        let list = body[start..<end].replacing(#/, package: "[^"]*"/#, with: "")
        return Set(list.matches(of: #/"([^"]+)"/#).map { String($0.1) })
    }
}
