import ArgumentParser
import Experiments
import Foundation
import MemoryModel

/// Which part of the trace is counted.
struct SamplingOptions: ParsableArguments {
    @Option(
        help: """
            Count the accesses to some of the sets alone, as 1/8 (--plain; --seed draws them), and estimate the rest with \
            bounds.
            """)
    var sampleSets: String?
    @Option(
        help: """
            Count pieces of the trace alone, as 2000/40000: so many accesses of each so many (--seed draws where); the rest \
            is estimated, with bounds.
            """)
    var sampleIntervals: String?
    @Option(
        help: "Replay so many accesses before each piece for warmth. Default: as many as it has.")
    var warmUp: String?

    /// The sample, if one was asked for.
    ///
    /// - Parameters:
    ///   - points: All points of the sweep.
    ///   - seed: Which sets, and where the pieces are.
    /// - Returns: the sample; nil if none was asked for.
    /// - Throws: what is wrong with it.
    func sampling(of points: [SweepPoint], seed: UInt64) throws -> SweepSampling? {
        guard sampleSets == nil || sampleIntervals == nil else {
            throw BadInput("--sample-sets and --sample-intervals: expected one of them at a time")
        }
        if let sampleIntervals {
            let parts = sampleIntervals.components(separatedBy: "/").map(CacheSets.bytes)
            guard parts.count == 2, let length = parts[0], let period = parts[1] else {
                throw BadInput(
                    "--sample-intervals \(sampleIntervals): expected ACCESSES/PERIOD, as 2000/40000"
                )
            }
            let warmUp = try self.warmUp.map { text in
                guard let count = CacheSets.bytes(text) else {
                    throw BadInput("--warm-up \(text): expected a number of accesses")
                }
                return count
            }
            return .intervals(
                try IntervalSample(
                    length: length, period: period, warmUp: warmUp ?? length, seed: seed))
        }
        guard warmUp == nil else {
            throw BadInput("--warm-up: without --sample-intervals there is none")
        }
        guard let sampleSets else { return nil }
        let parts = sampleSets.components(separatedBy: "/")
        guard parts.count == 2, parts[0] == "1", let share = Int(parts[1]), share >= 2 else {
            throw BadInput("--sample-sets \(sampleSets): expected one in so many, as 1/8")
        }
        let machines = points.compactMap { point -> PlainConfiguration? in
            guard case .success(.counting(let machine)) = point.machine else { return nil }
            return machine
        }
        guard !machines.isEmpty else {
            throw BadInput(
                "--sample-sets: found machines with time, expected --plain, or --sample-intervals: time "
                    + "belongs to no set")
        }
        return .sets(try SetSample(of: machines, oneIn: share, seed: seed))
    }

    /// What was asked for, in words; nil: no sample.
    var words: String? {
        if let sampleSets { return "sets \(sampleSets)" }
        return sampleIntervals.map {
            "intervals \($0)" + (warmUp.map { " behind \($0)" } ?? "")
        }
    }
}
