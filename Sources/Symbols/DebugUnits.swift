import CElfutils
import Operations
import Traces

/// The compilation units of a file's DWARF information, found by address.
struct DebugUnits {
    /// Bytes of code of one unit, at elfutils' addresses without the bias.
    private struct Span {
        var start: UInt64
        var end: UInt64
        var unit: Int
    }

    private let file: String
    /// elfutils' addresses are those of the DWARF information plus this.
    private let bias: UInt64
    private var dies: [Dwarf_Die] = []
    private var spans: [Span] = []

    /// The most ranges of all units: many times what the largest kernels have.
    static let spanLimit = 1 << 22
    /// How deep inlined functions and blocks may lie in each other.
    static let depthLimit = 64
    /// How many ranges are looked at that begin before an address.
    static let lookback = 64

    /// Reads which unit has which bytes of code.
    ///
    /// Not from `.debug_aranges`, which not every compiler writes.
    ///
    /// - Returns: nil: the file has no DWARF information.
    /// - Throws: where it has some that cannot be read.
    init?(_ image: ELFFile, _ elf: OpaquePointer) throws(TraceErrors) {
        guard let section = Self.debugSection(elf) else { return nil }
        file = image.file
        var bias: Dwarf_Addr = 0
        guard let dwarf = dwfl_module_getdwarf(image.module, &bias) else {
            throw ELFFile.refusal(
                file, byte: section.offset, "DWARF information in section \(section.name)")
        }
        self.bias = bias
        var unit: OpaquePointer?
        while true {
            var die = Dwarf_Die()
            let previous = unit
            let status = dwarf_get_units(dwarf, previous, &unit, nil, nil, &die, nil)
            if status == 1 { break }
            guard status == 0, unit != previous else {
                throw error(
                    "unit number \(dies.count + 1) that cannot be read",
                    "a DWARF unit of version 2 to 5 in \(section.name)", byte: section.offset)
            }
            try add(die)
        }
        spans.sort { ($0.start, $0.end, $0.unit) < ($1.start, $1.end, $1.unit) }
    }

    private mutating func add(_ die: Dwarf_Die) throws(TraceErrors) {
        var die = die
        var base: Dwarf_Addr = 0
        var start: Dwarf_Addr = 0
        var end: Dwarf_Addr = 0
        var position = 0
        while true {
            let next = dwarf_ranges(&die, position, &base, &start, &end)
            if next == 0 { break }
            guard next > position else {
                throw error(
                    "the address ranges of unit number \(dies.count + 1) (\(Self.message))",
                    "ranges of DWARF")
            }
            position = next
            if start < end { spans.append(Span(start: start, end: end, unit: dies.count)) }
            guard spans.count <= Self.spanLimit else {
                throw error(
                    "more than \(Self.spanLimit) address ranges", "a program that can be loaded")
            }
        }
        dies.append(die)
    }

    /// What an address, one of elfutils', is in the source.
    func place(of address: UInt64) throws(TraceErrors) -> CodePlace? {
        let address = address &- bias
        guard let unit = unit(at: address) else { return nil }
        var die = dies[unit]
        var place = CodePlace()
        if dwarf_hasattr(&die, UInt32(DW_AT_stmt_list)) != 0 {
            var lines: OpaquePointer?
            var count = 0
            guard dwarf_getsrclines(&die, &lines, &count) == 0 else {
                throw error(
                    "the line table of unit number \(unit + 1) (\(Self.message))",
                    "a line program of DWARF 2 to 5")
            }
            place.source = Self.source(&die, address)
        }
        functions(&die, address, depth: 0, &place.functions)
        return place
    }

    private func unit(at address: UInt64) -> Int? {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        return spans[..<low].suffix(Self.lookback).filter { address < $0.end }
            .min { $0.end - $0.start < $1.end - $1.start }?.unit
    }

    /// The line of source; nil: the compiler says that the instruction belongs to none (line 0), or nothing.
    private static func source(_ die: inout Dwarf_Die, _ address: UInt64)
        -> Annotations.SourceLine?
    {
        var number: Int32 = 0
        guard let line = dwarf_getsrc_die(&die, address), dwarf_lineno(line, &number) == 0,
            number > 0, let file = ELFFile.name(dwarf_linesrc(line, nil, nil))
        else { return nil }
        return Annotations.SourceLine(file: file, line: Int(number))
    }

    /// The functions below an entry that hold an address, innermost first.
    private func functions(
        _ parent: inout Dwarf_Die, _ address: UInt64, depth: Int, _ names: inout [String]
    ) {
        var die = Dwarf_Die()
        guard depth < Self.depthLimit, dwarf_child(&parent, &die) == 0 else { return }
        var last: Dwarf_Off = 0
        while true {
            // Entries lie one behind the other; a damaged file could lead round in a circle.
            let place = dwarf_dieoffset(&die)
            guard place > last else { return }
            last = place
            let tag = Int(dwarf_tag(&die))
            let isFunction = tag == Int(DW_TAG_subprogram) || tag == Int(DW_TAG_inlined_subroutine)
            if isFunction || tag == Int(DW_TAG_lexical_block) {
                if dwarf_haspc(&die, address) == 1 {
                    let name = isFunction ? ELFFile.name(dwarf_diename(&die)) : nil
                    functions(&die, address, depth: depth + 1, &names)
                    if let name { names.append(name) }
                    return
                }
            } else if tag == Int(DW_TAG_namespace) {
                functions(&die, address, depth: depth + 1, &names)
                if !names.isEmpty { return }
            }
            var next = Dwarf_Die()
            guard dwarf_siblingof(&die, &next) == 0 else { return }
            die = next
        }
    }

    /// The section of the units, and where it is in the file; nil: there is none.
    private static func debugSection(_ elf: OpaquePointer) -> (name: String, offset: UInt64)? {
        var names = 0
        guard elf_getshdrstrndx(elf, &names) == 0 else { return nil }
        var section: OpaquePointer?
        while true {
            section = elf_nextscn(elf, section)
            guard let current = section else { return nil }
            var header = GElf_Shdr()
            guard gelf_getshdr(current, &header) != nil, header.sh_type != UInt32(SHT_NOBITS),
                let name = ELFFile.name(elf_strptr(elf, names, Int(header.sh_name)))
            else { continue }
            if name == ".debug_info" || name == ".zdebug_info" { return (name, header.sh_offset) }
        }
    }

    private static var message: String {
        dwarf_errmsg(-1).map { String(cString: $0) } ?? "damaged"
    }

    private func error(_ found: String, _ expected: String, byte: UInt64? = nil) -> TraceErrors {
        TraceErrors([TraceError(file: file, byte: byte, found: found, expected: expected)])
    }
}
