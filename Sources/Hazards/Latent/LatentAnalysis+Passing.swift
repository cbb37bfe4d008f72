import Operations

// Stores past the caches, and lines from before them.

extension LatentAnalysis {
    /// A line that a load brings may come before stores that wait in the core's buffer and will go past it.
    ///
    /// The load itself has their bytes from the buffer. Where lines come unasked the stores note it.
    mutating func noteLineBeforeStores(
        _ state: inout LineState, _ granule: UInt64, _ mask: UInt64, _ step: LoweredStep
    ) {
        guard !profile.speculates, profile.isMixed(granule * WatchList.granule) else { return }
        // A load that has all of its bytes from the buffer brings no line.
        let line = lineMask(granule, mask & ~state.buffered)
        let passing = state.buffered & state.bufferedPast & line & ~state.followed
        state.bypassed |= passing
        if profile.hasOuterCache { state.bypassedOuter |= passing }
        // Others wait to make that line dirty.
        let waiting = lineMask(granule, state.buffered & ~state.bufferedPast & line) & passing
        guard waiting != 0 else { return }
        reportPassed(state, granule, waiting, step, isStore: true)
    }

    /// Reports bytes that a store past the caches has made younger than a line that may be cached.
    mutating func reportPassed(
        _ state: LineState, _ granule: UInt64, _ passed: UInt64, _ step: LoweredStep, isStore: Bool
    ) {
        let what =
            isStore
            ? "the line is dirty now, and goes over what was stored past it when it is evicted"
            : "the load may find a line from before what was stored past the caches"
        report(
            .h13, granule, passed, agent: step.agent, writer: step.agent, record: step.record,
            writeRecord: state.storeRecord, detail: what,
            chain: [
                ChainLink(
                    record: Int(state.storeRecord),
                    text: "a store past the caches, where an older line may be: DRAM: new"),
                ChainLink(record: Int(step.record), text: what),
            ])
    }
}
