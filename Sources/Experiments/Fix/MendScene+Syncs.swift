import Hazards
import Operations
import Quantities
import Traces

extension MendScene {
    /// Calls that hand bytes to a device or take them back, added where they are missing.
    func handovers(_ finding: Finding) -> [MendEdit] {
        let all = mappings
        var edits: [MendEdit] = []
        for transfer in works(on: finding.range) {
            let live = all.filter {
                $0.overlaps(transfer.bytes) && $0.isLive(at: transfer.place)
                    && ($0.call.device ?? transfer.device) == transfer.device
            }
            for mapping in live { edits += handovers(of: mapping, for: transfer, finding) }
            if live.isEmpty { edits += mapped(transfer) }
        }
        for mapping in all where mapping.overlaps(finding.range) {
            edits += syncsAround(mapping, finding)
        }
        return edits
    }

    private func handovers(
        of mapping: Mapping, for transfer: Transfer, _ finding: Finding
    ) -> [MendEdit] {
        var edits: [MendEdit] = []
        let device = profile.name(of: transfer.device)
        let part = mapping.isStreaming ? nil : Optional(transfer.bytes)
        func name(_ statement: String) -> String { String(statement.prefix { $0 != " " }) + "()" }
        if let statement = sync(mapping, forDevice: true, part) {
            for (late, place) in openings(of: transfer).enumerated() {
                edits.append(
                    addition(
                        .cleaning, late * 20, [statement], before: place, giver(transfer),
                        "give \(named(transfer.bytes.lowerBound)) to \(device) with \(name(statement)) before "
                            + (late == 0
                                ? "it is started at \(quote(place))" : quote(place))))
            }
        }
        guard transfer.isWrite else { return edits }
        let reader = accesses.first {
            !$0.isStore && $0.place > transfer.place && lines(of: $0.bytes).overlaps(finding.range)
        }
        let after = transfer.wait.map { $0 + 1 } ?? reader?.place
        if let after {
            let core = reader?.core ?? giver(transfer)
            edits += takenBack(mapping, transfer, before: after, core, part, order: 0)
            if let reader, reader.place != after {
                edits += takenBack(
                    mapping, transfer, before: reader.place, reader.core, part, order: 3)
            }
        }
        return edits
    }

    /// The bytes go back to the core: by a sync, by the unmap if there is none, or by the one that stands too late.
    private func takenBack(
        _ mapping: Mapping, _ transfer: Transfer, before place: Int, _ core: Agent,
        _ part: Range<UInt64>?, order: Int
    ) -> [MendEdit] {
        let device = profile.name(of: transfer.device)
        let name = named(transfer.bytes.lowerBound)
        let before =
            transfer.wait == place - 1
            ? "after \(quote(place - 1))"
            : place < program.statements.count ? "before \(quote(place))" : "at the end"
        var edits: [MendEdit] = []
        let isUsedLater = transfers.contains {
            $0.device == transfer.device && $0.place >= place && mapping.overlaps($0.bytes)
        }
        if let statement = release(mapping), mapping.end == nil, !isUsedLater, mapping.isStreaming {
            edits.append(
                addition(
                    .towardsCore, order, [statement], before: place, core,
                    "unmap \(name) when \(device) is done, \(before)"))
        }
        if let statement = sync(mapping, forDevice: false, part) {
            edits.append(
                addition(
                    .towardsCore, order + 1, [statement], before: place, core,
                    "take \(name) back with \(statement.prefix { $0 != " " })() when \(device) is done, "
                        + before))
        }
        if let statement = sync(mapping, forDevice: true, part) {
            edits.append(
                addition(
                    .towardsCore, order + 12, [statement], before: place, core,
                    "drop the lines of \(name) with \(statement.prefix { $0 != " " })(), which in this "
                        + "kernel is the call that does, \(before)"))
        }
        edits += polled(mapping, before: place, core, part, order: order)
        return edits + broughtForward(mapping, transfer, before: place, before, order: order)
    }

    /// A call that takes the bytes back, but stands too late.
    private func broughtForward(
        _ mapping: Mapping, _ transfer: Transfer, before place: Int, _ target: String, order: Int
    ) -> [MendEdit] {
        let isUsedLater = transfers.contains {
            $0.device == transfer.device && $0.place >= place && mapping.overlaps($0.bytes)
        }
        let late = mapping.uses.first {
            $0.place > place
                && ($0.call.function.isSyncForCPU || $0.call.function.isRelease && !isUsedLater)
        }
        let isReused = transfers.contains {
            $0.place > place && $0.opening < (late?.place ?? 0) && mapping.overlaps($0.bytes)
        }
        guard let late, !isReused else { return [] }
        return [
            MendEdit(
                .move, .towardsCore, order: order,
                [.move(line(late.place), before: line(before: place))],
                "take \(named(transfer.bytes.lowerBound)) back earlier: move \(quote(late.place)) to \(target)"
            )
        ]
    }

    /// What is polled is taken back before each look, and goes back to the device after it.
    private func polled(
        _ mapping: Mapping, before place: Int, _ core: Agent, _ part: Range<UInt64>?, order: Int
    ) -> [MendEdit] {
        guard let reader = accesses.first(where: { $0.place == place && !$0.isStore }),
            let take = sync(mapping, forDevice: false, part),
            let give = sync(mapping, forDevice: true, part)
        else { return [] }
        return [
            MendEdit(
                .add, .towardsCore, order: order + 2,
                [
                    insertion([take], before: place, by: core),
                    insertion([give], before: place + 1, by: core),
                ],
                "take \(named(reader.bytes.lowerBound)) back before each look at it, \(quote(reader.place)), and "
                    + "give it to the device again after it: add \(listed([take, give]))")
        ]
    }

    /// A map before a transfer and an unmap after it, where the trace has neither.
    private func mapped(_ transfer: Transfer) -> [MendEdit] {
        let device = profile.name(of: transfer.device)
        let core = giver(transfer)
        let last = transfer.wait ?? transfer.place
        return openings(of: transfer).enumerated().flatMap { late, place -> [MendEdit] in
            guard operation(place) != nil else { return [] }
            return ranges(of: transfer).enumerated().map { order, range in
                let name = words(range.lowerBound)
                let stem = name.prefix { $0 != "+" }
                let handle = freshName(name.hasPrefix("0x") ? "mapping" : "\(stem)_h")
                let direction = direction(of: transfer.device, on: [range]) ?? .bidirectional
                let map = [
                    "\(handle) = dma_map_single \(device) \(name) \(range.length) \(direction.name)",
                    "dma_mapping_error \(handle)",
                ]
                return MendEdit(
                    .add, .cleaning, order: late * 20 + order + 1,
                    [
                        insertion(map, before: place, by: core),
                        insertion(["dma_unmap_single \(handle)"], before: last + 1, by: core),
                    ],
                    "map `\(name)` for \(device), \(direction.name), with dma_map_single() before "
                        + (late == 0 ? "it is started at " : "")
                        + "\(quote(place)), and unmap it after \(quote(last))")
            }
        }
    }

    // MARK: Stores of the core to what the device has

    private func syncsAround(_ mapping: Mapping, _ finding: Finding) -> [MendEdit] {
        let stores = accesses.filter {
            $0.isStore && $0.bytes.overlaps(finding.range) && mapping.isLive(at: $0.place)
        }
        guard let first = stores.first, let last = stores.last else { return [] }
        let next = transfers.first { $0.place > last.place && mapping.overlaps($0.bytes) }
        var edits: [MendEdit] = []
        let bytes = first.bytes
        let name = named(bytes.lowerBound)
        let device = mapping.call.device.map { profile.name(of: $0) } ?? "the device"
        if let give = sync(mapping, forDevice: true, bytes) {
            let place = next.map(\.opening).flatMap { $0 > last.place ? $0 : nil } ?? last.place + 1
            let hand = mapping.uses.last {
                $0.place < first.place && $0.call.function.isSync
            }
            let isTaken = hand?.call.function.isSyncForCPU ?? false
            if mapping.call.direction == .toDevice || isTaken {
                edits.append(
                    addition(
                        .call, 2, [give], before: place, last.core,
                        "give \(name) to \(device) once more after the store at \(quote(last.place))"
                    ))
            }
            if !isTaken, let take = sync(mapping, forDevice: false, bytes) {
                edits.append(
                    MendEdit(
                        .add, .call, order: 3,
                        [
                            insertion([take], before: first.place, by: first.core),
                            insertion([give], before: place, by: last.core),
                        ],
                        "take \(name) from \(device) before the store at \(quote(first.place)), and give it "
                            + "back after it: add \(listed([take, give]))"))
            }
        }
        // The map can wait until the bytes are there.
        let isTouched = transfers.contains {
            $0.place > mapping.place && $0.opening < last.place && mapping.overlaps($0.bytes)
        }
        if !isTouched, mapping.isStreaming {
            let target = line(before: last.place + 1)
            let asked = mapping.uses.filter {
                $0.call.function == .mappingError && $0.place < last.place
            }
            edits.append(
                MendEdit(
                    .move, .call, order: 1,
                    ([mapping.place] + asked.map(\.place)).map { .move(line($0), before: target) },
                    "map \(name) when all is stored: move \(quote(mapping.place)) to after "
                        + quote(last.place)))
        }
        return edits
    }
}
