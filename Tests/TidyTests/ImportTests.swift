import Testing

/// The table of layers in ARCHITECTURE.md, the imports in Sources and the targets in Package.swift say the same.
@Suite("Imports")
struct ImportTests {
    /// Modules that come with the compiler, which Package.swift does not name.
    private static let system: Set<String> = ["Foundation", "Glibc", "Dispatch"]

    /// The modules that a file imports.
    private static func imports(_ file: Repository.File) -> [String] {
        file.lines.compactMap { line in
            let pattern =
                #/^(?:@\w+(?:\(\w+\))?\s+|public\s+|internal\s+|package\s+|private\s+)*import\s+(?:(?:struct|class|enum|func|protocol|typealias|var|let)\s+)?(\w+)/#
            return line.firstMatch(of: pattern).map { String($0.1) }
        }
    }

    @Test("The table is there, each target once")
    func table() throws {
        let rows = try LayerRow.all()
        #expect(rows.count >= 12)
        #expect(Set(rows.map(\.target)).count == rows.count)
    }

    @Test("A target imports lower or equal layers, and never in a circle")
    func layers() throws {
        let rows = try LayerRow.all()
        var known: Set<String> = []
        let names = Set(rows.map(\.target))
        for row in rows {
            for name in row.imports where names.contains(name) {
                let layer = rows.first { $0.target == name }?.layer ?? 0
                #expect(layer <= row.layer, "\(row.target) imports \(name) of a layer above")
                // The table's order is bottom up; what a row imports stands before it.
                #expect(
                    known.contains(name), "\(row.target) imports \(name), which stands below it")
            }
            known.insert(row.target)
        }
    }

    @Test("Every file imports only what its target's row names")
    func files() throws {
        let rows = try LayerRow.all()
        for file in try Repository.sources() {
            guard let row = rows.first(where: { $0.target == file.target }) else {
                Issue.record("\(file): no row for \(file.target) in ARCHITECTURE.md")
                continue
            }
            for name in Self.imports(file) where !row.imports.contains(name) {
                Issue.record("\(file) imports \(name), which its row does not name")
            }
        }
    }

    @Test("Every import that a row names is used by a file of the target")
    func used() throws {
        let sources = try Repository.sources()
        for row in try LayerRow.all() where !row.target.hasPrefix("C") {
            let used = Set(sources.filter { $0.target == row.target }.flatMap(Self.imports))
            #expect(row.imports.subtracting(used).isEmpty, "\(row.target): named and not imported")
        }
    }

    @Test("Package.swift has the table's targets with the table's dependencies")
    func manifest() throws {
        let rows = try LayerRow.all()
        let targets = try PackageTarget.all()
        #expect(Set(targets.map(\.name)) == Set(rows.map(\.target)))
        for target in targets {
            guard let row = rows.first(where: { $0.target == target.name }) else { continue }
            #expect(
                target.dependencies == row.imports.subtracting(Self.system),
                "\(target.name): Package.swift and ARCHITECTURE.md differ")
        }
    }
}
