import Glibc
import Symbols

/// ELF files.
enum SymbolInput {
    /// Opens a file, and asks for the code of its functions and of what lies between them.
    static func elf(_ bytes: [UInt8]) throws {
        // A file in memory: elfutils wants a path.
        var name = Array("/dev/shm/staleline-input-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw Contradiction("no file in /dev/shm") }
        defer {
            close(descriptor)
            unlink(name)
        }
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            throw Contradiction("no room in /dev/shm")
        }
        let file = try ELFFile(
            path: String(decoding: name.dropLast().map(UInt8.init), as: UTF8.self))
        for entries in [file.functions, file.data] {
            let isSorted = zip(entries, entries.dropFirst()).allSatisfy {
                ($0.address, $0.size) <= ($1.address, $1.size)
            }
            try hold(isSorted, "symbols out of order")
        }
        for entry in file.functions.prefix(40) {
            for counter in [entry.address, entry.address &+ entry.size / 2] {
                _ = try file.place(of: counter)
            }
        }
        for counter in stride(from: UInt64(0), to: 0x400, by: 32) {
            _ = try file.place(of: counter)
            _ = try file.place(of: 0x1_0000 + counter)
        }
    }
}
