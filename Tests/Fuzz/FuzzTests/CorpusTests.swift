import Foundation
import HostileInput
import Testing

/// The corpus that fuzzing left behind, and every input that once broke a reader, through all readers.
@Suite("Hostile input") struct CorpusTests {
    private static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("corpus")

    private static func inputs(_ target: HostileInput) throws -> [(name: String, bytes: [UInt8])] {
        var folders = [corpus.appendingPathComponent(target.name)]
        // Good files that are in the repository already.
        let root = corpus.appendingPathComponent("../../..").standardizedFileURL
        switch target {
        case .elf: folders.append(root.appendingPathComponent("Tests/SymbolsTests/Data"))
        case .machine: folders.append(root.appendingPathComponent("configs"))
        default: break
        }
        return try folders.flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
                ($0, [UInt8](try Data(contentsOf: folder.appendingPathComponent($0))))
            }
        }
    }

    @Test("Kept inputs are read or refused", arguments: HostileInput.all)
    func kept(_ target: HostileInput) throws {
        let inputs = try Self.inputs(target)
        var read = 0
        for (name, bytes) in inputs {
            do throws(Contradiction) {
                read += try target.feed(bytes) ? 1 : 0
            } catch {
                Issue.record("Tests/Fuzz/corpus/\(target.name)/\(name): \(error)")
            }
        }
        // A corpus of which nothing is read no longer reaches the reader's inside.
        #expect(read > 0 && inputs.count - read > 0, "\(read) of \(inputs.count) were read")
    }

    @Test("Cut anywhere, a kept input is read or refused", arguments: HostileInput.all)
    func cut(_ target: HostileInput) throws {
        for (name, bytes) in try Self.inputs(target).prefix(8) {
            for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 16)) {
                do throws(Contradiction) {
                    try target.feed(Array(bytes.prefix(length)))
                } catch {
                    Issue.record(
                        "Tests/Fuzz/corpus/\(target.name)/\(name), \(length) bytes: \(error)")
                }
            }
        }
    }
}

extension HostileInput: CustomTestStringConvertible {
    /// The reader's name.
    public var testDescription: String { name }
}
