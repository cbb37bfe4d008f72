import Foundation
import Symbols

/// An ELF file that is to be run under QEMU.
struct CapturedProgram {
    /// The instruction set.
    enum Architecture {
        case arm, aarch64

        /// QEMU's name of it.
        var name: String { self == .arm ? "arm" : "aarch64" }
        /// How Debian names its cross tools and libraries.
        var triplet: String { self == .arm ? "arm-linux-gnueabihf" : "aarch64-linux-gnu" }
        /// How Debian names the architecture.
        var debian: String { self == .arm ? "armhf" : "arm64" }
    }

    /// The file's path.
    let path: String
    /// The instruction set.
    let architecture: Architecture
    /// Whether it runs at the addresses that it has in the file.
    let isFixed: Bool
    /// The dynamic linker that it asks for; nil: it is static.
    let interpreter: String?

    /// Reads a program's headers.
    ///
    /// - Throws: ``BadInput`` if it is no program that QEMU's Arm emulations run.
    init(_ path: String) throws {
        self.path = path
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw BadInput("\(path): \(String(cString: strerror(errno))), expected an Arm program")
        }
        defer { try? handle.close() }
        let head = [UInt8]((try? handle.read(upToCount: 64 << 10)) ?? Data())
        func number(_ place: Int, _ bytes: Int) -> Int? {
            guard place >= 0, place <= head.count - bytes else { return nil }
            return Int(
                truncatingIfNeeded: (0..<bytes).reduce(UInt64(0)) {
                    $0 | UInt64(head[place + $1]) << (8 * UInt64($1))
                })
        }
        guard head.starts(with: [0x7F, 0x45, 0x4C, 0x46]), head.count >= 52 else {
            throw BadInput("\(path): no ELF file, expected an Arm program")
        }
        let is64 = head[4] == 2
        switch number(18, 2) {
        case 40 where !is64 && head[5] == 1: architecture = .arm
        case 183 where is64 && head[5] == 1: architecture = .aarch64
        case let machine:
            throw BadInput(
                "\(path): an ELF file of machine \(machine ?? 0)\(head[5] == 1 ? "" : ", big endian"), expected 40 (Arm) "
                    + "or 183 (AArch64), little endian")
        }
        let type = number(16, 2)
        guard type == 2 || type == 3 else {
            throw BadInput("\(path): ELF type \(type ?? 0), expected 2 (executable) or 3 (shared)")
        }
        isFixed = type == 2
        let start = number(is64 ? 32 : 28, is64 ? 8 : 4) ?? 0
        let size = is64 ? 56 : 32
        var interpreter: String?
        for index in 0..<(number(is64 ? 56 : 44, 2) ?? 0) where start <= head.count {
            let header = start + index * size
            guard number(header, 4) == 3,
                let place = number(header + (is64 ? 8 : 4), is64 ? 8 : 4),
                let bytes = number(header + (is64 ? 32 : 16), is64 ? 8 : 4), bytes > 1,
                place >= 0, place <= head.count - bytes
            else { continue }
            interpreter = String(decoding: head[place..<(place + bytes - 1)], as: UTF8.self)
        }
        self.interpreter = interpreter
    }

    /// The folder that has the program's libraries, for QEMU's `-L`.
    ///
    /// - Parameter given: What the user names; nil: Debian's folder of the cross libraries, if they are needed.
    /// - Returns: nil: none is needed.
    /// - Throws: ``BadInput`` if the dynamic linker is not there.
    func libraryRoot(_ given: String?) throws -> String? {
        guard let interpreter else { return given }
        let root = given ?? "/usr/\(architecture.triplet)"
        let files = FileManager.default
        if files.fileExists(atPath: root + interpreter) { return root }
        if given == nil, files.fileExists(atPath: interpreter) { return nil }
        throw BadInput(
            "\(path): its dynamic linker \(interpreter) is not in \(root): "
                + "apt-get install libc6-\(architecture.debian)-cross, or -L FOLDER")
    }

    /// The address of a function, or an address as it stands.
    ///
    /// - Throws: ``BadInput`` if there is no such function, or its address is not known before the program runs.
    func address(of text: String) throws -> UInt64 {
        if text.hasPrefix("0x"), let address = UInt64(text.dropFirst(2), radix: 16) {
            return address
        }
        guard isFixed else {
            throw BadInput(
                "\(path): a position-independent program's function \(text) has no address yet; expected an "
                    + "address, or a program linked with -no-pie")
        }
        let functions = try ELFFile(path: path).functions
        guard let entry = functions.first(where: { $0.name == text }) else {
            throw BadInput("\(path): has no function \(text)")
        }
        return entry.address
    }
}
