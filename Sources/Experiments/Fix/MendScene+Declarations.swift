import Hazards
import Operations
import Quantities
import Traces

extension MendScene {
    /// What the kernel believes of a device, or how its transactions are wired.
    func declarations(_ finding: Finding) -> [MendEdit] {
        let agents =
            [finding.agent, finding.writer]
            + transfers.filter { $0.bytes.overlaps(finding.range) }.map(\.device)
        var seen: Set<Agent> = []
        return agents.filter { !$0.isCore && seen.insert($0).inserted }.flatMap { declared($0) }
    }

    private func declared(_ agent: Agent) -> [MendEdit] {
        let place = program.statements.firstIndex {
            if case .declaration(.device(let device)) = $0.body {
                device.agent == agent
            } else {
                false
            }
        }
        guard let place, case .declaration(.device(let device)) = program.statements[place].body
        else { return [] }
        let name = profile.name(of: agent)
        let believed = setup.isCoherent(device)
        var edits: [MendEdit] = []
        var other = device
        other.isCoherent = !believed
        let turned = replacement(place, .device(other), words: 2...32) { words in
            let (old, new) =
                believed ? ("coherent", "noncoherent") : ("noncoherent", "coherent")
            // The names come first.
            guard let word = words.lastIndex(of: old), word > 1 else { return nil }
            return words[..<word] + [new] + words[(word + 1)...]
        }
        edits.append(
            MendEdit(
                .declare, .declaration, order: 0, [turned],
                believed
                    ? "remove dma-coherent from \(name)'s node: its port does not look into the caches"
                    : "add dma-coherent to \(name)'s node: its transactions look into the caches"))
        if believed, device.attributes != nil {
            var plain = device
            plain.attributes = nil
            edits.append(
                MendEdit(
                    .declare, .declaration, order: 0, [replacement(place, .device(plain))],
                    "have \(name)'s transactions ask to be looked up in the caches: set its cacheable and "
                        + "shareable bits"))
        }
        if setup.snoops(device) {
            // Memory that was allocated for a coherent device is cacheable.
            let regions = uncachedAllocations(of: agent)
            if !believed, !regions.isEmpty {
                edits.append(
                    MendEdit(
                        .declare, .declaration, order: 1,
                        [turned] + regions,
                        "add dma-coherent to \(name)'s node: its transactions look into the caches, and what "
                            + "is allocated for it is cacheable then"))
            }
            edits += bypasses(place, device, name)
        }
        return edits
    }

    /// Transactions that pass the caches by: with other sideband bits, or through another port.
    private func bypasses(
        _ place: Int, _ device: DeviceDeclaration, _ name: String
    ) -> [MendEdit] {
        var plain = device
        plain.isCoherent = false
        plain.attributes = nil
        var others = [plain]
        for port in setup.machine.ports where !port.snoops {
            plain.port = port.name
            others.append(plain)
            break
        }
        return others.enumerated().map { order, other in
            MendEdit(
                .declare, .declaration, order: 2 + order, [replacement(place, .device(other))],
                "have \(name)'s transactions pass the caches by, as the kernel believes: clear its cacheable "
                    + "and shareable bits" + (order > 0 ? ", or use port \(other.port ?? "")" : ""))
        }
    }

    /// The regions that an allocation for a device lies in and that are declared uncached, declared as cacheable.
    private func uncachedAllocations(of agent: Agent) -> [TraceText.Change] {
        let own = mappings.filter { !$0.isStreaming && $0.call.device == agent }
        return program.statements.enumerated().compactMap { place, statement in
            guard
                case .declaration(.region(let name, let start, let size, let type, _)) =
                    statement.body, !type.isCacheable, size > 0,
                own.contains(where: { $0.overlaps(start..<start + size) })
            else { return nil }
            return replacement(
                place, .region(name, address: start, size: size, .writeBack, nil), words: 5...6
            ) { $0[..<4] + ["wb"] }
        }
    }

    // MARK: Attributes

    /// Two mappings of the same bytes with the same attributes.
    func attributes(_ finding: Finding) -> [MendEdit] {
        var edits: [MendEdit] = []
        for (place, statement) in program.statements.enumerated() {
            guard
                case .declaration(.alias(let name, let region, let start, let type, let share)) =
                    statement.body, let entry = program.symbols[region]
            else { continue }
            let touched =
                finding.range.overlaps(entry.address..<entry.address + max(entry.size, 1))
                || finding.range.overlaps(start..<start + max(entry.size, 1))
            guard touched else { continue }
            for case .region(region, _, _, let wanted, let wantedShare) in program.declarations
            where wanted != type || wantedShare != share {
                edits.append(
                    MendEdit(
                        .declare, .attributes, order: mappings.isEmpty ? 20 : 0,
                        [
                            replacement(
                                place,
                                .alias(name, of: region, address: start, wanted, wantedShare))
                        ],
                        "map `\(program.symbols[name]?.name ?? "the alias")` with the attributes of "
                            + "`\(entry.name)`, as dma_mmap_*() does for user space"))
            }
        }
        return edits
    }

    /// Memory of another type: shareable where a device is looked up in caches, Normal where it is used as memory is.
    func types(_ finding: Finding) -> [MendEdit] {
        var isolated: [TraceText.Change] = []
        var edits: [MendEdit] = []
        for (place, statement) in program.statements.enumerated() {
            guard
                case .declaration(.region(let name, let start, let size, let type, let share)) =
                    statement.body, size > 0
            else { continue }
            let range = start..<start + size
            let isMoved = transfers.contains { $0.bytes.overlaps(range) }
            if share == .nonShareable, type.isCacheable, isMoved || finding.range.overlaps(range) {
                isolated.append(
                    replacement(
                        place,
                        .region(name, address: start, size: size, type, .innerShareable),
                        words: 6...6
                    ) { $0[..<5] + ["ish"] })
            }
            if [.device, .stronglyOrdered].contains(type), finding.range.overlaps(range) {
                edits.append(
                    MendEdit(
                        .declare, .attributes, order: 30,
                        [
                            replacement(
                                place,
                                .region(name, address: start, size: size, .nonCacheable, share),
                                words: 5...6
                            ) { $0[..<4] + ["nc"] + $0[5...] }
                        ],
                        "map `\(program.symbols[name]?.name ?? "it")` as Normal memory, not cacheable "
                            + "(ioremap_wc()), if it is memory and no registers; else access it aligned"
                    ))
            }
        }
        if !isolated.isEmpty {
            edits.append(
                MendEdit(
                    .declare, .attributes, order: 10, isolated,
                    "map what the device is given inner shareable: other lines need not be found for it"
                ))
        }
        return edits
    }

    /// Maintenance of another mapping's lines before the one is used: what the core stored through it goes to memory.
    func aliasUpkeep(_ finding: Finding) -> [MendEdit] {
        let entries = program.symbols.entries.filter {
            [.region, .alias].contains($0.kind) && $0.size > 0
        }
        var edits: [MendEdit] = []
        // Without a mapping no device is concerned, but a core that has its caches off.
        let isDrivers = profile.usesLinux && !mappings.isEmpty
        let stores = accesses.filter { access in
            guard access.isStore else { return false }
            return access.bytes.overlaps(finding.range)
                || entries.contains {
                    $0.kind == .alias
                        && access.bytes.overlaps($0.address..<$0.address + $0.size)
                }
                || access.place == finding.writeRecord - 1
        }
        for (index, store) in stores.prefix(4).enumerated() {
            let upkeep = upkeeper(store.bytes)
            for (order, statements) in [upkeep.cleanAndDiscard, upkeep.clean].enumerated() {
                let plain = [
                    "dc \(order == 0 ? "civac" : "cvac") \(upkeep.name) \(upkeep.size)", "dsb sy",
                ]
                edits.append(
                    addition(
                        .attributes, 1 + index + 4 * order, isDrivers ? plain : statements,
                        before: store.place + 1, store.core,
                        "clean \(upkeep.called) through the mapping it was stored through, after "
                            + "\(quote(store.place)), before the other mapping is used"
                            + (isDrivers
                                ? " (flush_dcache_page(), flush_kernel_vmap_range())" : "")))
            }
        }
        return edits
    }

    // MARK: Instructions

    /// What makes stores to code known to the fetches of instructions.
    func instructions(_ finding: Finding) -> [MendEdit] {
        let stores = accesses.filter { $0.isStore && $0.bytes.overlaps(finding.range) }
        let writes = transfers.filter { $0.isWrite && $0.bytes.overlaps(finding.range) }
        let fetches = accesses.filter { $0.isFetch && lines(of: $0.bytes).overlaps(finding.range) }
        guard let fetch = fetches.last(where: { $0.place == finding.record - 1 }) ?? fetches.last
        else { return [] }
        let last = stores.last { $0.place < fetch.place }
        let bytes = last?.bytes ?? writes.last?.bytes ?? fetch.bytes
        let (name, size) = (words(bytes.lowerBound), bytes.length)
        let fill = ["ic ivau \(name) \(size)", "dsb ish", "isb"]
        let whole = ["dc cvau \(name) \(size)", "dsb ish"] + fill
        var edits: [MendEdit] = []
        let purpose = "make the new instructions at \(named(bytes.lowerBound)) known to the fetches"
        for (order, statements) in [whole, fill, ["isb"]].enumerated() {
            if let last {
                edits.append(
                    addition(
                        .instructions, order * 2, statements, before: last.place + 1, fetch.core,
                        "\(purpose), after \(quote(last.place))"))
            }
            edits.append(
                addition(
                    .instructions, order * 2 + 1, statements, before: fetch.place, fetch.core,
                    "\(purpose), before \(quote(fetch.place))"))
        }
        return edits
    }
}
