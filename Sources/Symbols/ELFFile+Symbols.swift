import CElfutils
import Operations

extension ELFFile {
    /// A symbol, and how well it names its bytes among others that have the same.
    private struct Candidate {
        var entry: SymbolTable.Entry
        var rank: Int
    }

    /// The names of data and of functions, at the trace's addresses.
    func symbols(_ elf: OpaquePointer) -> (data: [SymbolTable.Entry], code: [SymbolTable.Entry]) {
        let isLoaded = loadedSections(elf)
        var data: [Candidate] = []
        var code: [Candidate] = []
        for index in 0..<max(dwfl_module_getsymtab(module), 0) {
            var symbol = GElf_Sym()
            var address: GElf_Addr = 0
            var section: GElf_Word = 0
            var owner: OpaquePointer?
            let bytes = dwfl_module_getsym_info(
                module, index, &symbol, &address, &section, &owner, nil)
            // Mapping symbols of the Arm ELF ABI ($a, $d, $t, $x) say what bytes are, not whose.
            guard let name = Self.name(bytes), !name.hasPrefix("$") else { continue }
            let isAbsolute = section == GElf_Word(SHN_ABS)
            if owner == elf, !isAbsolute,
                !(Int(section) < isLoaded.count && isLoaded[Int(section)])
            {
                continue
            }
            guard section != GElf_Word(SHN_UNDEF), section != GElf_Word(SHN_COMMON) else {
                continue
            }
            let type = Int32(symbol.st_info & 0xF)
            let binding = Int32(symbol.st_info >> 4)
            let rank = binding == STB_GLOBAL ? 0 : binding == STB_WEAK ? 1 : 2
            var entry = SymbolTable.Entry(
                name: name, kind: .buffer, address: address &- shift &+ offset, size: symbol.st_size
            )
            if type == STT_FUNC || type == STT_GNU_IFUNC {
                if headers.machine == ELFHeaders.arm { entry.address &= ~1 }
                // A function written in assembler may have no size: one instruction is certain.
                entry.size = max(entry.size, 2)
                code.append(Candidate(entry: entry, rank: rank))
            } else if type == STT_OBJECT || type == STT_NOTYPE, symbol.st_size > 0 {
                data.append(Candidate(entry: entry, rank: rank))
            }
        }
        return (Self.sorted(data), Self.sorted(code))
    }

    /// Which sections are in memory when the program runs, by their numbers.
    private func loadedSections(_ elf: OpaquePointer) -> [Bool] {
        var result: [Bool] = []
        for index in 0..<Int(headers.sections) {
            var header = GElf_Shdr()
            guard let section = elf_getscn(elf, index), gelf_getshdr(section, &header) != nil else {
                result.append(false)
                continue
            }
            result.append(header.sh_flags & UInt64(SHF_ALLOC) != 0)
        }
        return result
    }

    /// Ascending by address and size; of names for the same bytes the one that others can use, then the first by letter.
    private static func sorted(_ candidates: [Candidate]) -> [SymbolTable.Entry] {
        let ordered = candidates.sorted {
            ($0.entry.address, $0.entry.size, $0.rank, $0.entry.name)
                < ($1.entry.address, $1.entry.size, $1.rank, $1.entry.name)
        }
        var result: [SymbolTable.Entry] = []
        for candidate in ordered {
            if let last = result.last, last.address == candidate.entry.address,
                last.size == candidate.entry.size
            {
                continue
            }
            result.append(candidate.entry)
        }
        return result
    }
}
