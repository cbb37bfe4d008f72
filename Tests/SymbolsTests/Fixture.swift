import Foundation
import Quantities
import Symbols
import Traces

/// An ELF file of the folder `Data`, whole or changed.
enum Fixture: String, CaseIterable, Sendable {
    case arm32 = "arm32.elf"
    case aarch64 = "aarch64.elf"
    case bigEndian = "armeb.rel"

    /// Where it is.
    var path: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Data/\(rawValue)").path
    }

    var bytes: [UInt8] {
        get throws { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
    }

    var is64: Bool { self == .aarch64 }

    /// A number at a place, in the file's byte order.
    func number(_ bytes: [UInt8], _ place: Int, _ count: Int) -> Int {
        let part = bytes[place..<place + count]
        let ordered = self == .bigEndian ? Array(part) : part.reversed()
        return ordered.reduce(0) { $0 << 8 | Int($1) }
    }

    func open(at offset: UInt64 = 0) throws -> ELFFile {
        try ELFFile(path: path, offset: offset)
    }
}

/// A file for the length of a test.
final class ScratchFile {
    let path: String

    init(_ name: String = "case.elf") throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("staleline-elf-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appendingPathComponent(name).path
    }

    deinit {
        try? FileManager.default.removeItem(
            at: URL(fileURLWithPath: path).deletingLastPathComponent())
    }

    func write(_ bytes: some Sequence<UInt8>) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// What is wrong with bytes as an ELF file; nil: nothing.
    func fault(of bytes: some Sequence<UInt8>) throws -> TraceError? {
        try write(bytes)
        do {
            _ = try ELFFile(path: path)
            return nil
        } catch {
            return error.errors.first
        }
    }
}
