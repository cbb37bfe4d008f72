import MemoryModel
import Traces

extension SweepRun {
    /// What yields the accesses that are counted.
    func decoder(_ source: any AccessSource, _ rule: StraddleRule?) -> any WindowSource {
        let decoder = AccessDecoder(source, windowSize: windowSize)
        return switch sampling {
        case nil: decoder
        case .sets(let sample):
            SetDecoder(decoder, sample, rule ?? .split, windowSize: windowSize)
        case .intervals(let sample): IntervalDecoder(decoder, sample)
        }
    }

    /// Refuses to sample what falls into no samples.
    func refuseSampling(
        _ counting: [(number: UInt64, machine: PlainConfiguration)], isAnyTimed: Bool,
        _ isAccessesAlone: Bool
    ) throws(AxisFault) {
        guard let sampling else { return }
        precondition(Set(counting.map(\.machine.straddle)).count < 2, "one rule for all points")
        if case .program = trace.content {
            let place =
                switch sampling {
                case .sets: "--sample-sets"
                case .intervals: "--sample-intervals"
                }
            throw AxisFault(
                place: place, found: "a trace of statements",
                expected: "accesses alone: a program or a device is no sample of itself")
        }
        guard isAnyTimed else {
            if case .intervals = sampling,
                counting.contains(where: { $0.machine.straddle == .once })
            {
                throw AxisFault(
                    place: "--sample-intervals", found: "--straddle once",
                    expected: "split, first or each: what is not known of one of two lines is not "
                        + "known of both")
            }
            return
        }
        if case .sets = sampling {
            throw AxisFault(
                place: "--sample-sets", found: "machines with time",
                expected: "--plain, or --sample-intervals: time belongs to no set")
        }
        guard question == .replay, isAccessesAlone else {
            throw AxisFault(
                place: "--sample-intervals",
                found: question == .replay ? "a trace with statements" : "--\(question.rawValue)",
                expected: "a replay of accesses alone: what is wrong may lie between the pieces")
        }
    }
}
