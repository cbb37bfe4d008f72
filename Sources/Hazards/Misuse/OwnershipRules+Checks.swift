import Operations
import Quantities

// What breaks the rule of ownership, access by access.

extension OwnershipRules {
    /// A core's store to what a device has.
    ///
    /// What only the device reads may be stored to if it is synced for the device before it reads.
    mutating func checkStore(
        _ start: UInt64, _ size: UInt64, _ step: UnrolledOperations.Step
    ) {
        let range = Self.range((start, size))
        guard live > 0, let bounds, bounds.overlaps(range) else { return }
        for place in mappings.indices.reversed()
        where mappings[place].isStreaming && mappings[place].ended == nil
            && !mappings[place].isFailed
        {
            // No copy of the mapping is held here: its lists would be copied with each store.
            let piece = mappings[place].pieces.lazy.map(Self.range).first { $0.overlaps(range) }
            guard let touched = piece?.clamped(to: range) else { continue }
            if mappings[place].cores.contains(where: { $0.range.overlaps(touched) }) {
                Self.add(touched, step.record, to: &mappings[place].ownStores)
                continue
            }
            Self.add(touched, step.record, to: &mappings[place].stores)
            if mappings[place].direction != .toDevice {
                reportStore(touched, step.record, mappings[place], step)
            }
        }
    }

    /// Adds a store to those that are remembered: neighbours in one, and the first so many, as one is enough to report.
    private static func add(
        _ range: Range<UInt64>, _ record: Int,
        to stores: inout [(range: Range<UInt64>, record: Int)]
    ) {
        if let last = stores.last, last.range.upperBound == range.lowerBound {
            stores[stores.count - 1].range = last.range.lowerBound..<range.upperBound
        } else if stores.count < mostStores {
            stores.append((range, record))
        }
    }

    private mutating func reportStore(
        _ range: Range<UInt64>, _ record: Int, _ mapping: Mapping, _ step: UnrolledOperations.Step
    ) {
        let device = profile.name(of: mapping.device)
        report(
            .h18, agent: .core(0), record: record, other: mapping.record, range,
            writer: mapping.device,
            "the bytes are \(device)'s since the map in record \(mapping.record), \(mapping.direction.name), and "
                + "no sync has given them back",
            [
                ChainLink(
                    record: mapping.record,
                    text: "the map gives the bytes to \(device), \(mapping.direction.name)"),
                ChainLink(record: record, text: "the core stores to them"),
            ])
    }

    /// A device's access of what is mapped for it.
    mutating func check(_ operation: DeviceOperation, _ step: UnrolledOperations.Step) {
        switch operation.kind {
        case .interrupt: return
        case .read, .descriptorFetch: check(operation, isWrite: false, step)
        case .write:
            if let read = operation.readSide { check(read, isWrite: false, step) }
            noteBusy(operation, step)
            check(operation, isWrite: true, step)
        }
    }

    private mutating func noteBusy(_ operation: DeviceOperation, _ step: UnrolledOperations.Step) {
        guard rung[step.agent] != nil, operation.extent > 0 else { return }
        let range = Self.range((operation.start.address.rawValue, operation.extent))
        busy[step.agent, default: []].append(Busy(range: range, record: step.record))
        if busy[step.agent, default: []].count > Self.mostBusy {
            busy[step.agent]?.removeFirst()
        }
    }

    /// Row by row: what is between them is not touched.
    private mutating func check(
        _ operation: DeviceOperation, isWrite: Bool, _ step: UnrolledOperations.Step
    ) {
        guard operation.bytes > 0 else { return }
        for row in operation.rowStarts {
            check(Self.range((row, operation.bytes)), isWrite: isWrite, step)
        }
    }

    private mutating func check(
        _ range: Range<UInt64>, isWrite: Bool, _ step: UnrolledOperations.Step
    ) {
        func holds(_ mapping: Mapping) -> Bool {
            mapping.device == step.agent
                && mapping.pieces.contains { Self.range($0).contains(range.lowerBound) }
        }
        // Of two mappings of the same bytes the one that is still there is the device's.
        let place =
            mappings.lastIndex { $0.ended == nil && holds($0) } ?? mappings.lastIndex(where: holds)
        let (name, did) = (profile.name(of: step.agent), isWrite ? "writes" : "reads")
        let act = ChainLink(record: step.record, text: "\(name) \(did) them")
        guard let place else { return checkStart(range, did, step, act) }
        let mapping = mappings[place]
        let map = ChainLink(
            record: mapping.record,
            text: "the bytes are mapped for \(name), \(mapping.direction.name)")
        if mapping.isFailed {
            report(
                .h32, agent: step.agent, record: step.record, other: mapping.record, range,
                writer: step.agent,
                "the map in record \(mapping.record) failed: \(name) \(did) at DMA_MAPPING_ERROR",
                [ChainLink(record: mapping.record, text: "the map fails"), act])
        } else if let ended = mapping.ended {
            // What else is mapped for it may be these bytes.
            guard !otherwiseMapped.contains(step.agent) else { return }
            report(
                .h17, agent: step.agent, record: step.record, other: mapping.record, range,
                writer: step.agent,
                "the mapping of record \(mapping.record) ended in record \(ended), and \(name) still \(did)",
                [map, ChainLink(record: ended, text: "the mapping ends"), act])
        } else if mapping.isStreaming,
            isWrite ? !mapping.direction.deviceWrites : !mapping.direction.deviceReads
        {
            report(
                .h15, agent: step.agent, record: step.record, other: mapping.record, range,
                writer: step.agent,
                "\(name) \(did) what is mapped \(mapping.direction.name) in record \(mapping.record)",
                [map, act])
        } else if mapping.isStreaming {
            checkOwner(mapping, range, isWrite: isWrite, step, map, act)
            checkEnd(mapping, range, did, step, [map, act])
        }
    }

    /// Whether nothing has to be mapped: the program says that the bytes are not cached, as a ring from before the trace.
    private func isUncached(_ address: UInt64) -> Bool {
        !map.mapping(of: address).type.isCacheable
    }

    /// A transfer that begins outside all of its device's mappings: before one of them (H16), or it has none there.
    private mutating func checkStart(
        _ range: Range<UInt64>, _ did: String, _ step: UnrolledOperations.Step, _ act: ChainLink
    ) {
        guard !otherwiseMapped.contains(step.agent), !isUncached(range.lowerBound) else { return }
        let name = profile.name(of: step.agent)
        var first: (mapping: Mapping, start: UInt64)?
        for mapping in mappings
        where mapping.device == step.agent && mapping.ended == nil && mapping.isStreaming {
            for piece in mapping.pieces.map(Self.range)
            where piece.overlaps(range) && piece.lowerBound < first?.start ?? .max {
                first = (mapping, piece.lowerBound)
            }
        }
        guard let (mapping, start) = first else { return checkReach(range, did, step) }
        let map = ChainLink(
            record: mapping.record,
            text: "bytes behind the first are mapped for \(name), \(mapping.direction.name)")
        reportBeside(
            range.lowerBound..<start, mapping, step,
            "\(name) \(did) \(range.count) bytes, and the mapping of record \(mapping.record) begins behind the first "
                + "\(start - range.lowerBound)", [map, act])
    }

    /// A transfer of a device behind an IOMMU to what nothing maps for it.
    private mutating func checkReach(
        _ range: Range<UInt64>, _ did: String, _ step: UnrolledOperations.Step
    ) {
        guard profile.isTranslated(step.agent) else { return }
        let name = profile.name(of: step.agent)
        let other = mappings.last { mapping in
            mapping.device != step.agent && mapping.ended == nil
                && mapping.pieces.contains { Self.range($0).overlaps(range) }
        }
        let whose =
            other.map {
                "what record \($0.record) maps for \(profile.name(of: $0.device))"
            } ?? "what no call maps for it"
        report(
            .h17, agent: step.agent, record: step.record, other: other?.record ?? step.record,
            range,
            writer: step.agent,
            "\(name) \(did) \(whose): its IOMMU has no translation for it, and it faults",
            [
                ChainLink(
                    record: step.record, text: "\(name) uses an address that is not mapped for it")
            ]
        ) {
            $0.cause =
                "An IOMMU gives \(name) the bytes that are mapped for \(name), and no others."
            $0.mend =
                "map the bytes for \(name), the device that moves them, and wait for it before the unmap"
        }
    }

    /// A transfer that goes on behind the end of its mapping, into what is not mapped for the device.
    private mutating func checkEnd(
        _ mapping: Mapping, _ range: Range<UInt64>, _ did: String,
        _ step: UnrolledOperations.Step, _ chain: [ChainLink]
    ) {
        var end = range.lowerBound
        while end < range.upperBound {
            let next = mappings.lazy.filter { $0.device == step.agent && $0.ended == nil }
                .flatMap(\.pieces).map(Self.range).filter { $0.contains(end) }.map(\.upperBound)
                .max()
            guard let next else { break }
            end = next
        }
        guard end < range.upperBound, !otherwiseMapped.contains(step.agent), !isUncached(end)
        else { return }
        reportBeside(
            end..<range.upperBound, mapping, step,
            "\(profile.name(of: step.agent)) \(did) \(range.count) bytes, and the mapping of record "
                + "\(mapping.record) ends after \(end - range.lowerBound)", chain)
    }

    /// Reports what a device moves beside its mapping (H16).
    private mutating func reportBeside(
        _ range: Range<UInt64>, _ mapping: Mapping, _ step: UnrolledOperations.Step,
        _ detail: String, _ chain: [ChainLink]
    ) {
        let name = profile.name(of: step.agent)
        let translated =
            profile.isTranslated(step.agent)
            ? ", and its IOMMU translates no more than the pages of the mapping" : ""
        let what =
            profile.isDeclaredCoherent(step.agent)
            ? "a bounce buffer or an IOMMU has no more than the mapping"
            : "no call maintains the rest\(translated)"
        report(
            .h16, agent: step.agent, record: step.record, other: mapping.record, range,
            writer: step.agent, detail, chain
        ) {
            $0.cause = "The mapping is not all of what \(name) moves: \(what)."
            $0.mend = "map all that \(name) may move, or tell \(name) no more than what is mapped"
        }
    }

    /// What a device finds in a mapping that is live and of its direction: the core's bytes, or stores without a sync.
    private mutating func checkOwner(
        _ mapping: Mapping, _ range: Range<UInt64>, isWrite: Bool,
        _ step: UnrolledOperations.Step, _ map: ChainLink, _ act: ChainLink
    ) {
        let started = rung[step.agent] ?? .max
        if isWrite,
            let core = mapping.cores.first(where: { $0.range.overlaps(range) && started < $0.step }
            ),
            !isTakenBack(mapping, range, in: upcoming)
        {
            report(
                .h09, agent: step.agent, record: core.since, other: step.record,
                core.range.clamped(to: range), writer: step.agent,
                "the sync gave the bytes to the core, and \(profile.name(of: step.agent)), which had been started "
                    + "before, writes them in record \(step.record)",
                [map, ChainLink(record: core.since, text: "the sync gives them to the core"), act])
        } else if let store = mapping.ownStores.first(where: { $0.range.overlaps(range) }) {
            report(
                .h40, agent: step.agent, record: step.record, other: store.record,
                store.range.clamped(to: range), writer: step.agent,
                "the core stored to the bytes in record \(store.record), and no sync has given them back to "
                    + profile.name(of: step.agent),
                [
                    map, ChainLink(record: store.record, text: "the core, which has them, stores"),
                    act,
                ])
        }
        if !isWrite, mapping.direction == .toDevice,
            let store = mapping.stores.first(where: { $0.range.overlaps(range) })
        {
            reportStore(store.range, store.record, mapping, step)
        }
    }

    /// A call that takes back what a device is still writing, before a `wait` that says so.
    mutating func checkEarly(
        _ call: DMACall, _ step: UnrolledOperations.Step,
        _ rest: ArraySlice<UnrolledOperations.Step>
    ) {
        guard call.function.givesBack,
            let mapping = mappings.last(where: { $0.handle == call.handle }), mapping.ended == nil,
            mapping.isStreaming, call.direction ?? mapping.direction != .toDevice
        else { return }
        let named = ranges(of: call, in: mapping)
        guard
            let write = busy[mapping.device]?.first(where: { write in
                named.contains { $0.overlaps(write.range) }
            }), learns(of: mapping.device, in: rest),
            !isTakenBack(mapping, write.range, in: rest)
        else { return }
        let name = profile.name(of: mapping.device)
        report(
            .h09, agent: .core(0), record: step.record, other: write.record, write.range,
            writer: mapping.device,
            "\(name) may still be writing (record \(write.record)): the driver learns only later that it is done",
            [
                ChainLink(record: write.record, text: "\(name) is writing the bytes"),
                ChainLink(
                    record: step.record,
                    text:
                        "\(call.function.rawValue) takes them back, and invalidates what is cached"),
            ])
    }

    /// Whether a mapping's bytes are taken back once more when the device is done, before they are loaded.
    ///
    /// A driver that polls them takes them back again and again: only the last time has to be late enough.
    private func isTakenBack(
        _ mapping: Mapping, _ range: Range<UInt64>, in rest: ArraySlice<UnrolledOperations.Step>
    ) -> Bool {
        var isOver = false
        for step in rest {
            switch step.operation {
            case .wait(mapping.device): isOver = true
            case .dma(let call)
            where isOver && call.function.givesBack && call.handle == mapping.handle:
                return ranges(of: call, in: mapping).contains { $0.overlaps(range) }
            case .access(let access, _, _) where isOver && !access.kind.isStore:
                if Self.range((access.address, UInt64(access.size))).overlaps(range) {
                    return false
                }
            case .run(let run) where isOver && !run.kind.isStore:
                if Self.range((run.start.address.rawValue, run.extent)).overlaps(range) {
                    return false
                }
            default: continue
            }
        }
        return false
    }

    /// Whether the core waits for a device before it starts it again.
    private func learns(of device: Agent, in rest: ArraySlice<UnrolledOperations.Step>) -> Bool {
        for step in rest {
            switch step.operation {
            case .wait(device): return true
            case .ring(device): return false
            case .accessor(let accessor)
            where accessor.device == device && accessor.function.isWrite:
                return false
            default: continue
            }
        }
        return false
    }

    private mutating func report(
        _ code: HazardCode, agent: Agent, record: Int, other: Int, _ range: Range<UInt64>,
        writer: Agent, _ detail: String, _ chain: [ChainLink],
        wording: (inout Finding) -> Void = { _ in }
    ) {
        guard let place = HazardCode.allCases.firstIndex(of: code),
            seen.insert([place, record, other]).inserted
        else { return }
        var finding = Finding(
            code, .misuse, record: record, agent: agent, address: range.lowerBound,
            bytes: UInt64(range.count), writer: writer, writeRecord: other, detail: detail,
            chain: chain)
        wording(&finding)
        findings.append(finding)
    }
}
