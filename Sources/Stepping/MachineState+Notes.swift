import Hazards
import Operations
import Quantities

extension MachineState {
    /// Follows what is no event: calls of the DMA API, and what devices get to do.
    mutating func follow(_ note: StepRecorder.Note, of step: Step) {
        switch note {
        case .call(let call): follow(call)
        case .given(let operation):
            devices[step.agent.index].work.append(
                DeviceWork(record: step.record, operation: operation))
        }
    }

    private mutating func follow(_ call: CallFacts) {
        if call.function.makesHandle {
            guard call.function != .poolCreate else { return }
            mappings.removeAll { $0.handle == call.handle }
            mappings.append(
                MappingState(
                    handle: call.handle, record: call.record, ranges: call.ranges,
                    owner: call.function.allocates ? .both : .device, changed: call.record))
            return
        }
        guard let place = mappings.firstIndex(where: { $0.handle == call.handle }),
            let owner = call.function.ownerAfterwards
        else { return }
        mappings[place].owner = owner
        mappings[place].changed = call.record
        guard owner == .released else { return }
        let released = mappings.indices.filter { mappings[$0].owner == .released }
        if released.count > Self.releasedLimit, let oldest = released.first {
            mappings.remove(at: oldest)
        }
    }
}

extension DMACall.Function {
    /// Whose the bytes of the handle are after the call; nil: it does not change that.
    var ownerAfterwards: Owner? {
        switch self {
        case .unmapSingle, .unmapPage, .unmapPhys, .unmapSG, .unmapSGTable, .unmapResource,
            .freeCoherent, .freeWriteCombine, .freeNoncoherent, .freePages, .freeAttrs,
            .freeNoncontiguous, .poolFree, .iovaDestroy, .iovaUnlink, .iovaFree:
            .released
        default: givesBack ? .cpu : givesAway ? .device : nil
        }
    }
}
