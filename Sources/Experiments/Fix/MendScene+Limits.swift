import Hazards
import Operations
import Quantities
import Traces

// What a device can reach and count, and what failed.

extension MendScene {
    /// Calls that use what a failed map returned.
    func failures(_ finding: Finding) -> [MendEdit] {
        let place = finding.record - 1
        guard case .dma(let call)? = operation(place)?.operation, !call.function.makesHandle,
            call.function != .mappingError
        else { return [] }
        let made = operations(0..<place).last { _, _, operation in
            guard case .dma(let other) = operation else { return false }
            return other.function.makesHandle && other.handle == call.handle
        }
        guard let made, case .dma(let maker) = made.operation, maker.fails else { return [] }
        return [
            MendEdit(
                .remove, .call, order: 0, [.remove(line(place))],
                "leave out \(quote(place)) where the map at \(quote(made.place)) has failed: there is nothing to "
                    + "release or to sync")
        ]
    }

    /// Masks that the driver sets wider than the device is, made as wide as it: then the kernel bounces, or refuses.
    func reachableMasks(_ finding: Finding) -> [MendEdit] {
        guard finding.code == .h33 else { return [] }
        return operations(0..<program.statements.count).compactMap { place, _, operation in
            guard case .dma(var call) = operation, call.function.setsStreamingMask,
                let device = program.devices.first(where: { $0.agent == call.device }),
                let bits = device.maskBits, let set = call.setting, set > UInt64(bits)
            else { return nil }
            call.setting = UInt64(bits)
            return MendEdit(
                .replace, .call, order: 0, [replacement(place, .dma(call))],
                "set no wider mask than \(profile.name(of: device.agent)) has, \(bits) bits, at \(quote(place)): the "
                    + "kernel then bounces what it cannot reach")
        }
    }

    /// A mask that covers what the device is given.
    func masks(_ finding: Finding) -> [MendEdit] {
        guard finding.code == .h33, finding.range.upperBound > 0 else { return [] }
        let needed = UInt64.bitWidth - (finding.range.upperBound - 1).leadingZeroBitCount
        guard let bits = [32, 36, 40, 48, 64].first(where: { $0 >= needed }) else { return [] }
        let agents =
            [finding.agent, finding.writer]
            + mappings.filter { $0.overlaps(finding.range) }.compactMap(\.call.device)
        return program.statements.enumerated().compactMap { place, statement in
            guard case .declaration(.device(var device)) = statement.body,
                agents.contains(device.agent), device.maskBits ?? 32 < bits
            else { return nil }
            device.maskBits = bits
            return MendEdit(
                .declare, .declaration, order: 0, [replacement(place, .device(device))],
                "set \(profile.name(of: device.agent))'s mask with dma_set_mask_and_coherent() to \(bits) bits, if "
                    + "it has them; if not, allocate from memory that it reaches")
        }
    }

    /// Entries of a list that are no longer than a device can do, and cross no boundary of it.
    func entries(_ finding: Finding) -> [MendEdit] {
        guard finding.code == .h34 else { return [] }
        return mappings.filter {
            $0.overlaps(finding.range) && [.mapSG, .mapSGTable].contains($0.call.function)
        }
        .compactMap { mapping in
            guard let device = program.devices.first(where: { $0.agent == mapping.call.device })
            else { return nil }
            var call = mapping.call
            call.segments = mapping.call.segments.flatMap { pieces(of: $0, for: device) }
            // A list of some hundred entries is no longer what a person would write.
            guard call.segments != mapping.call.segments, call.segments.count <= 64 else {
                return nil
            }
            return MendEdit(
                .replace, .call, order: 1, [replacement(mapping.place, .dma(call))],
                "split the entries at \(quote(mapping.place)) into what \(profile.name(of: device.agent)) can do, "
                    + "or tell the kernel that it can do more")
        }
    }

    private func pieces(
        of segment: DMACall.Segment, for device: DeviceDeclaration
    ) -> [DMACall.Segment] {
        // The kernel's defaults: 64 KiB, and no boundary below 4 GiB.
        let most = UInt64(device.maximumSegmentSize ?? 65_536)
        let mask = device.segmentBoundary ?? 0xFFFF_FFFF
        var result: [DMACall.Segment] = []
        var done: UInt64 = 0
        while done < segment.size, result.count <= 64 {
            let start = segment.start.advanced(by: done)
            let room = mask - (start.address.rawValue & mask)
            let size = min(segment.size - done, most, room == .max ? .max : room + 1)
            result.append(DMACall.Segment(at: start, size: size))
            done += size
        }
        return result
    }
}
