import ArgumentParser
import Experiments
import Operations
import Symbols

/// Which ELF files name addresses and program counters.
struct SymbolOptions: ParsableArguments {
    @Option(
        name: .customLong("elf"),
        help: ArgumentHelp(
            "An ELF file that names addresses and @pc= of the trace, as vmlinux, fw.elf@0x8000000 or vmlinux@-0x60000000 "
                + "(bytes to add to its addresses, in hex). May repeat.", valueName: "file[@offset]"
        ))
    var elf: [String] = []

    /// The files, opened.
    ///
    /// - Throws: where a file is no ELF file, or damaged.
    func files() throws -> [ELFFile] {
        try elf.map { text in
            guard let loaded = LoadedFile(parsing: text) else {
                throw BadInput("--elf \(text): expected FILE or FILE@OFFSET, as fw.elf@0x8000000")
            }
            return try ELFFile(path: loaded.path, offset: loaded.offset)
        }
    }

    /// The functions of all files, ascending by address and size; nil: there are no files.
    ///
    /// - Throws: where a file is no ELF file, or damaged.
    func functions() throws -> [SymbolTable.Entry]? {
        guard !elf.isEmpty else { return nil }
        return try files().flatMap(\.functions).sorted {
            ($0.address, $0.size, $0.name) < ($1.address, $1.size, $1.name)
        }
    }

    /// Gives a program the names; what the trace names itself stays.
    ///
    /// - Throws: where a file is no ELF file, or damaged.
    func name(_ setup: inout Setup) throws {
        guard !elf.isEmpty else { return }
        let files = try files()
        let (counters, named) = try setup.program.nameCode(from: files)
        setup.outsideNames = files.flatMap(\.data).sorted {
            ($0.address, $0.size) < ($1.address, $1.size)
        }
        if counters > 0, named == 0 {
            Diagnostics.note(
                "staleline: no program counter of the trace is in \(elf.joined(separator: ", ")): is the offset right "
                    + "(--elf FILE@OFFSET)?")
        }
    }

    /// Refuses the option where nothing could be named.
    func refuse(_ why: String) throws {
        if let first = elf.first { throw BadInput("--elf \(first): \(why)") }
    }
}
