import Events
import Quantities

/// What one step changes of what is drawn.
public struct StepChange: Hashable, Sendable {
    /// Time after the step, in nanoseconds.
    public var nanoseconds: Double
    /// The cores whose time went on, by their numbers.
    public var cores: [Int: SessionView.Core] = [:]
    /// All entries of buffers; nil: they are as before.
    public var buffers: [SessionView.Entry]?
    /// The lines with a change in any copy, ascending.
    public var lines: [SessionView.Line] = []
    /// The devices with a change, by their numbers.
    public var devices: [Int: SessionView.Device] = [:]
    /// All mappings; nil: they are as before.
    public var mappings: [SessionView.Mapping]?
    /// Bytes over memory's pins so far.
    public var memoryTraffic: UInt64
    /// Changes of lines that are not followed, so far.
    public var untracked: Int
}

extension TraceSession {
    /// What each step changes, from the first on.
    ///
    /// The current position does not matter, and stays.
    ///
    /// - Parameter body: Takes a step's number, from 0, and what it changes.
    /// - Complexity: O(*n*) in the number of events.
    public func forEachChange(_ body: (Int, StepChange) -> Void) {
        var state = Self.start(of: setup)
        var shown: [UInt64: SessionView.Line] = [:]
        for step in 0..<count {
            // Not the lines: a copy of them would make each step take as long as all of them.
            let (times, buffers) = (state.times, state.buffers)
            let (mappings, devices) = (state.mappings, state.devices)
            perform(&state)
            var change = StepChange(
                nanoseconds: state.tick.nanoseconds, memoryTraffic: state.memoryTraffic,
                untracked: state.untracked)
            if times != state.times {
                let now = cores(in: state)
                for core in now.indices where times[core] != state.times[core] {
                    change.cores[core] = now[core]
                }
            }
            if buffers != state.buffers { change.buffers = state.buffers.map(entry) }
            if mappings != state.mappings { change.mappings = state.mappings.map(mapping) }
            if devices != state.devices {
                let now = self.devices(in: state)
                for device in now.indices where devices[device] != state.devices[device] {
                    change.devices[device] = now[device]
                }
            }
            for number in touched(in: step, buffersBefore: buffers, state) {
                let line = line(number, in: state)
                if shown.updateValue(line, forKey: number) != line { change.lines.append(line) }
            }
            body(step, change)
        }
    }

    /// The lines that a step may have changed, ascending.
    private func touched(
        in step: Int, buffersBefore: [BufferedEntry], _ after: MachineState
    ) -> [UInt64] {
        var numbers: Set<UInt64> = []
        var hasDrained = false
        for event in events(of: step) {
            switch event.kind {
            case .load, .store, .fetch, .linefill, .writeback, .invalidate, .deviceRead,
                .deviceWrite:
                for piece in after.pieces(event.address, UInt64(event.size)) {
                    numbers.insert(piece.line)
                }
            case .drain, .drainCopy, .slotEntered: hasDrained = true
            default: break
            }
        }
        // What a buffer holds changes how old other copies are.
        if hasDrained {
            for part in (buffersBefore + after.buffers).flatMap(\.parts) {
                for piece in after.pieces(part.address, UInt64(part.size)) {
                    numbers.insert(piece.line)
                }
            }
        }
        return numbers.filter { after.lines[$0] != nil }.sorted()
    }
}
