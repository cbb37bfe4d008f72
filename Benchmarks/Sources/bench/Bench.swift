import CLoop
import Experiments
import Foundation
import MemoryModel
import Operations

/// Rates as ratios in one run against the C loop.
///
/// The three are interleaved, so that a machine whose speed drifts slows all of them alike.
struct Bench {
    let accesses: UnsafeBufferPointer<MemoryAccess>
    let plain: PlainConfiguration
    let machine: MachineConfiguration

    /// The C loop's misses.
    func runLoop() -> UInt64 {
        var counts = [loop_counts](repeating: loop_counts(), count: 3)
        let raw = UnsafeRawPointer(accesses.baseAddress)?.assumingMemoryBound(to: loop_access.self)
        let status = loop_run(raw, accesses.count, 5, 256, 4, 2_048, 8, &counts)
        precondition(status == 0, "no memory")
        return counts[1].read_misses
    }

    /// The counting machine's misses.
    func runPlain() throws -> UInt64 { try Replay.count(accesses, plain).level1Data.readMisses }

    /// The full machine's time.
    func runTiming() -> UInt64 { Replay.run(accesses, machine: machine).elapsed.rawValue }

    private func seconds(_ body: () throws -> UInt64) rethrows -> (time: Double, result: UInt64) {
        var result: UInt64 = 0
        let time = try processorSeconds { result = try body() }
        return (time, result)
    }

    /// Measures all three and prints their rates.
    ///
    /// - Returns: the ratios of counting and of timing to the loop.
    func compare(rounds: Int) throws -> (plain: Double, timing: Double) {
        var loops: [Double] = []
        var plains: [Double] = []
        var timings: [Double] = []
        for _ in 0..<rounds {
            let loop = seconds(runLoop)
            let counted = try seconds(runPlain)
            precondition(loop.result == counted.result, "the loop and the tool count differently")
            loops.append(loop.time)
            plains.append(counted.time)
            timings.append(seconds(runTiming).time)
        }
        let millions = Double(accesses.count) / 1e6
        print(String(format: "%.1f M accesses in memory, %d rounds, medians", millions, rounds))
        for (name, times) in [
            ("C loop, gcc -O2", loops), ("staleline --plain", plains),
            ("staleline, full timing", timings),
        ] {
            print(
                "  " + name.padding(toLength: 24, withPad: " ", startingAt: 0)
                    + String(format: "%7.1f M accesses/s", millions / median(times)))
        }
        return (
            median(zip(loops, plains).map { $0 / $1 }), median(zip(loops, timings).map { $0 / $1 })
        )
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// How long the processor was at work on something: waiting for other programs does not count.
func processorSeconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    try body()
    return now() - start
}
