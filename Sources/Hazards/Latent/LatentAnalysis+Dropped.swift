import Operations
import Quantities

// What an invalidate has dropped, and who misses it.

extension LatentAnalysis {
    /// Asks of a load whether it may miss what an invalidate has dropped: for good (H11, H35), or as it comes before the
    /// device has written (H09).
    mutating func judgeDropped(
        _ state: LineState, _ granule: UInt64, _ bytes: UInt64, _ step: LoweredStep
    ) {
        let discarded = bytes & ~state.inFlight
        if discarded != 0 { reportDiscarded(state, granule, discarded, step) }
        // Of a device that goes round and round the core reads what the rounds so far have left.
        let early = bytes & state.inFlight & ~state.polled & ~state.cyclic
        guard early != 0 else { return }
        let device = Agent(rawValue: state.writer)
        let (reader, writer) = (profile.name(of: step.agent), profile.name(of: device))
        report(
            .h09, granule, early, agent: step.agent, writer: device, record: step.record,
            writeRecord: state.deviceRecord,
            detail: "\(reader) may load the bytes before \(writer) has written them in record "
                + "\(state.deviceRecord): nothing has waited for it, and an invalidate may have dropped what was "
                + "stored in record \(state.storeRecord)",
            chain: [
                ChainLink(record: Int(state.storeRecord), text: "a store makes the line dirty"),
                ChainLink(
                    record: Int(state.dropRecord),
                    text: "the invalidate drops the line, if it was not evicted before"),
                ChainLink(
                    record: Int(step.record), text: "the load comes before the device's write: old"),
            ])
    }

    /// Reports a load of bytes that an invalidate may have dropped.
    private mutating func reportDiscarded(
        _ state: LineState, _ granule: UInt64, _ bytes: UInt64, _ step: LoweredStep
    ) {
        let storer = Agent(rawValue: state.storer)
        let code: HazardCode =
            profile.isWronglyNoncoherent(storer) ? .h27 : state.wasWrittenSinceDrop ? .h35 : .h11
        report(
            code, granule, bytes, agent: step.agent, writer: storer, record: step.record,
            writeRecord: state.storeRecord,
            detail: "the load may find what was there before the store of record "
                + "\(state.storeRecord): an invalidate may have dropped it",
            chain: [
                ChainLink(record: Int(state.storeRecord), text: "a store makes the line dirty"),
                ChainLink(
                    record: Int(state.dropRecord),
                    text: "the invalidate drops the line, if it was not evicted before"),
                ChainLink(record: Int(step.record), text: "the load finds DRAM: old"),
            ], dropRecord: state.dropRecord)
    }
}
