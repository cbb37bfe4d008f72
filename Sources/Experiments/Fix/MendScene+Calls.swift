import Hazards
import Operations
import Quantities
import Traces

extension MendScene {
    /// Calls of the DMA API with other arguments, at another place, or not at all.
    func calls(_ finding: Finding) -> [MendEdit] {
        let place = finding.record - 1
        let own = mappings.filter { mapping in
            mapping.place == place || mapping.place == finding.writeRecord - 1
                || mapping.uses.contains { $0.place == place } || mapping.overlaps(finding.range)
        }
        var edits: [MendEdit] = []
        for mapping in own {
            edits += arguments(mapping) + lengths(mapping) + directions(mapping)
            edits += checks(mapping) + ends(mapping, finding)
            edits += order(mapping, among: own, finding)
        }
        return edits + leaks(finding)
    }

    // MARK: Arguments

    /// Releases and syncs that say something else than the map did.
    private func arguments(_ mapping: Mapping) -> [MendEdit] {
        mapping.uses.enumerated().flatMap { _, use -> [MendEdit] in
            var plain = DMACall(use.call.function, handle: use.call.handle)
            plain.attributes = use.call.attributes
            plain.pool = use.call.pool
            if plain.function.isSync {
                (plain.offset, plain.size) = (use.call.offset, use.call.size)
            }
            var edits: [MendEdit] = []
            func add(_ order: Int, _ call: DMACall, _ advice: String) {
                guard call != use.call else { return }
                edits.append(
                    MendEdit(
                        .replace, .call, order: order, [replacement(use.place, .dma(call))], advice)
                )
            }
            if use.call.function.isRelease || use.call.function.isSync {
                add(
                    0, plain,
                    "say the same at \(quote(use.place)) as at \(quote(mapping.place)): without arguments "
                        + "it is the size and the direction of the map")
                var bare = plain
                bare.attributes = []
                add(2, bare, "let \(quote(use.place)) do its maintenance: drop the attributes")
                (bare.offset, bare.size) = (nil, nil)
                add(3, bare, "let \(quote(use.place)) be about the whole mapping")
            }
            if use.call.function.isRelease, let right = mapping.call.function.release,
                right != use.call.function || use.call.pool != mapping.call.pool
            {
                var call = DMACall(right, handle: use.call.handle)
                call.pool = mapping.call.pool
                call.size = mapping.isStreaming ? nil : use.call.size
                add(
                    0, call,
                    "release what \(mapping.call.function.rawValue)() made with \(right.rawValue)() at "
                        + quote(use.place)
                        + (call.pool == .none ? "" : ", into the pool that it is from"))
            }
            if use.call.function.isSync, let first = mapping.pieces.first, use.call.size != nil {
                // The part that a device moves, or a core stored to.
                let moved = transfers.filter { mapping.overlaps($0.bytes) }.map(\.bytes)
                for range in moved where range.lowerBound >= first.lowerBound {
                    var call = use.call
                    call.offset = range.lowerBound - first.lowerBound
                    call.size = range.length
                    add(
                        0, call,
                        "sync the bytes that are moved, \(range.length) from offset "
                            + "\(range.lowerBound - first.lowerBound), at \(quote(use.place))")
                }
            }
            return edits
        }
    }

    /// A map of all that its device moves from there on.
    private func lengths(_ mapping: Mapping) -> [MendEdit] {
        guard mapping.isStreaming, mapping.pieces.count == 1, let piece = mapping.pieces.first
        else { return [] }
        let moved = transfers.filter {
            $0.device == mapping.call.device && piece.contains($0.bytes.lowerBound)
        }
        guard let top = moved.map(\.bytes.upperBound).max(), top > piece.upperBound else {
            return []
        }
        if let home = buffer(piece), home.entry.address + home.entry.size < top {
            return moved.compactMap { shortened($0, to: piece, of: home.entry.name) }
        }
        var call = mapping.call
        call.segments[0].size = top - piece.lowerBound
        // What the other calls say of its size is then wrong as well.
        let others = mapping.uses.compactMap { use -> TraceText.Change? in
            guard use.call.function.isRelease, use.call.size != nil else { return nil }
            var other = use.call
            other.size = nil
            return replacement(use.place, .dma(other))
        }
        return [
            MendEdit(
                .widen, .call, [replacement(mapping.place, .dma(call))] + others,
                "map all \(call.segments[0].size) bytes that \(profile.name(of: moved[0].device)) moves at "
                    + "\(quote(mapping.place)), not \(piece.length)")
        ]
    }

    /// A transfer that goes past the end of a buffer, ended where the mapping does: what lies behind is something else's.
    private func shortened(
        _ transfer: Transfer, to piece: Range<UInt64>, of name: String
    ) -> MendEdit? {
        guard transfer.bytes.upperBound > piece.upperBound,
            case .operation(_, .device(var operation)) = program.statements[transfer.place].body,
            operation.rows == 1, operation.source == nil, operation.layout == .none
        else { return nil }
        operation.bytes = piece.upperBound - transfer.bytes.lowerBound
        return MendEdit(
            .replace, .call, [replacement(transfer.place, .device(operation))],
            "tell \(profile.name(of: transfer.device)) no more than \(operation.bytes) bytes at "
                + "\(quote(transfer.place)): \(name) has no more")
    }

    /// Another direction, or maintenance that an attribute has left out.
    private func directions(_ mapping: Mapping) -> [MendEdit] {
        guard mapping.isStreaming else { return [] }
        var edits: [MendEdit] = []
        let actual = direction(of: mapping.call.device, on: mapping.pieces)
        for (order, direction) in [actual, .bidirectional].compactMap({ $0 }).enumerated()
        where direction != mapping.call.direction {
            var call = mapping.call
            call.direction = direction
            // What the other calls say is then wrong as well.
            let others = mapping.uses.compactMap { use -> TraceText.Change? in
                guard use.call.direction != nil, use.call.direction != direction else { return nil }
                var other = use.call
                other.direction = direction
                return replacement(use.place, .dma(other))
            }
            edits.append(
                MendEdit(
                    .replace, .call, order: order,
                    [replacement(mapping.place, .dma(call))] + others,
                    "map \(direction.name) at \(quote(mapping.place)): "
                        + (direction == actual
                            ? "that is what the device does"
                            : "then what was there before is kept, too")))
        }
        if mapping.call.attributes.contains(.skipCPUSync) {
            var call = mapping.call
            call.attributes.remove(.skipCPUSync)
            edits.append(
                MendEdit(
                    .replace, .call, order: 1, [replacement(mapping.place, .dma(call))],
                    "let the map maintain the caches: drop DMA_ATTR_SKIP_CPU_SYNC at "
                        + quote(mapping.place)))
        }
        if mapping.pieces.count > 1, let low = mapping.pieces.map(\.lowerBound).min(),
            let top = mapping.pieces.map(\.upperBound).max()
        {
            var call = mapping.call
            call.segments = [DMACall.Segment(at: operand(low), size: top - low)]
            edits.append(
                MendEdit(
                    .replace, .call, order: 3, [replacement(mapping.place, .dma(call))],
                    "map the pieces as one at \(quote(mapping.place)): they share lines"))
        }
        return edits
    }

    /// The question that a driver has to ask.
    private func checks(_ mapping: Mapping) -> [MendEdit] {
        guard mapping.isStreaming || mapping.call.function == .mapResource,
            !mapping.uses.contains(where: { $0.call.function == .mappingError })
        else { return [] }
        let statement = "dma_mapping_error \(mapping.name)"
        return [
            addition(
                .call, 0, [statement], before: mapping.place + 1, mapping.core,
                "ask whether the map at \(quote(mapping.place)) succeeded before its address is used"
            )
        ]
    }

    // MARK: The end of a mapping

    private func ends(_ mapping: Mapping, _ finding: Finding) -> [MendEdit] {
        var edits: [MendEdit] = []
        let releases = mapping.uses.filter { $0.call.function.isRelease }
        if releases.count > 1 {
            for release in releases {
                edits.append(
                    MendEdit(
                        .remove, .call, order: 1, [.remove(line(release.place))],
                        "release \(mapping.name) once: leave out \(quote(release.place))"))
            }
        }
        if finding.code == .h14, mapping.isStreaming {
            edits.append(
                MendEdit(
                    .remove, .call,
                    ([mapping.place] + mapping.uses.map(\.place)).map { .remove(line($0)) },
                    "leave out \(quote(mapping.place)) and hand the device the address that the allocation "
                        + "gave: coherent memory needs no streaming call"))
        }
        // The end itself comes before its last use.
        if let end = mapping.end, let use = mapping.uses.last(where: { $0.place > end }),
            !use.call.function.isRelease
        {
            edits.append(
                MendEdit(
                    .move, .call, order: 1, [.move(line(end), before: line(use.place) + 1)],
                    "unmap after the last use: move \(quote(end)) to after \(quote(use.place))"))
        }
        let own = transfers.filter { mapping.overlaps($0.bytes) }
        guard let last = own.last(where: { [nil, $0.device].contains(mapping.call.device) }) else {
            return edits
        }
        return edits + unended(mapping, last) + earlyEnds(mapping, last)
    }

    /// Ends and syncs for the core that come before a transfer is done, behind it.
    private func earlyEnds(_ mapping: Mapping, _ last: Transfer) -> [MendEdit] {
        let device = profile.name(of: last.device)
        var edits: [MendEdit] = []
        // What gives the bytes back comes too early.
        let early = mapping.uses.filter {
            ($0.call.function.isRelease || $0.call.function.isSyncForCPU)
                && $0.place < (last.wait ?? last.place)
        }
        for use in early {
            let wait = last.wait.flatMap { $0 > use.place ? $0 : nil }
            let target = (wait ?? last.place) + 1
            let targetLine =
                target < program.statements.count
                ? line(before: target) : text.lines.count
            var changes: [TraceText.Change] = []
            if wait == nil { changes.append(.insert(["wait \(device)"], before: targetLine)) }
            changes.append(.move(line(use.place), before: targetLine))
            edits.append(
                MendEdit(
                    .move, .call, order: 0, changes,
                    wait == nil
                        ? "stop \(device), or wait for it, before \(quote(use.place)): until then the bytes are "
                            + "the device's"
                        : "move \(quote(use.place)) to after \(device) is known to be done, "
                            + quote(target - 1)))
        }
        return edits
    }

    /// The end of a mapping that nothing ever ends, behind its transfer: a loop makes it again and again.
    private func unended(_ mapping: Mapping, _ last: Transfer) -> [MendEdit] {
        guard mapping.isStreaming, mapping.end == nil, let wait = last.wait, wait > mapping.place,
            let statement = release(mapping), let core = operation(wait)?.agent
        else { return [] }
        return [
            addition(
                .call, 1, [statement], before: wait + 1, core,
                "unmap what \(quote(mapping.place)) has mapped when \(profile.name(of: last.device)) is done, after "
                    + quote(wait))
        ]
    }

    /// What is never released.
    private func leaks(_ finding: Finding) -> [MendEdit] {
        let place = finding.record - 1
        guard case .dma(let call)? = operation(place)?.operation, call.function == .driverUnbind,
            let core = operation(place)?.agent
        else { return [] }
        let left = mappings.filter { $0.call.device == call.device && $0.end == nil }
        let statements = left.compactMap { release($0) }
        guard !statements.isEmpty else { return [] }
        return [
            addition(
                .call, 0, statements, before: place, core,
                "release what the driver still has before it goes at \(quote(place))")
        ]
    }

    // MARK: Two mappings of the same lines

    private func order(
        _ mapping: Mapping, among all: [Mapping], _ finding: Finding
    ) -> [MendEdit] {
        guard [.h19, .h18].contains(finding.code), mapping.isStreaming else { return [] }
        let others = all.filter { other in
            other.place < mapping.place && mapping.pieces.contains { other.overlaps(lines(of: $0)) }
        }
        var edits = later(mapping, than: others)
        // Or the first one ends, which nothing does.
        for other in others where other.end == nil {
            guard let statement = release(other) else { continue }
            edits.append(
                addition(
                    .call, 0, [statement], before: mapping.place, mapping.core,
                    "unmap what \(quote(other.place)) has mapped before its lines are mapped again at "
                        + quote(mapping.place)))
        }
        // Or the second ends before the core touches the bytes.
        for access in accesses where access.place > mapping.place && mapping.overlaps(access.bytes)
        {
            guard let end = mapping.end, access.place < end else { continue }
            edits.append(
                MendEdit(
                    .move, .call, order: 2, [.move(line(end), before: line(before: access.place))],
                    "end the mapping before the core touches the bytes: move \(quote(end)) to before "
                        + quote(access.place)))
            break
        }
        return edits
    }

    /// A map that waits until another mapping of its lines has ended, or until it is needed.
    private func later(_ mapping: Mapping, than others: [Mapping]) -> [MendEdit] {
        var targets: [(place: Int, advice: String)] = others.compactMap { other in
            guard let end = other.end, end > mapping.place else { return nil }
            return (end + 1, "to after \(quote(end)): the lines are mapped once at a time")
        }
        let use = transfers.first {
            $0.place > mapping.place && mapping.overlaps($0.bytes)
                && $0.device == mapping.call.device
        }
        if let use {
            targets.append((use.opening, "to before \(quote(use.opening)), where it is needed"))
        } else if let end = mapping.end {
            targets.append((end, "to before \(quote(end)): nothing needs it earlier"))
        }
        return targets.filter { $0.place > mapping.place + 1 }.enumerated().map { index, target in
            let asked = mapping.uses.filter {
                $0.call.function == .mappingError && $0.place < target.place
            }
            return MendEdit(
                .move, .call, order: index,
                ([mapping.place] + asked.map(\.place)).map {
                    .move(line($0), before: line(before: target.place))
                }, "move \(quote(mapping.place)) \(target.advice)")
        }
    }
}
