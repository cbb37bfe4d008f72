import CLoop
import Experiments
import Foundation
import MemoryModel
import Operations
import Traces

/// Rates as ratios in one run against the C loop.
///
/// The three are interleaved, so that a machine whose speed drifts slows all of them alike.
struct Bench {
    let accesses: UnsafeBufferPointer<MemoryAccess>
    let plain: PlainConfiguration
    let machine: MachineConfiguration

    /// The C loop's misses.
    func runLoop() -> UInt64 {
        let raw = UnsafeRawPointer(accesses.baseAddress!).assumingMemoryBound(to: loop_access.self)
        var counts = [loop_counts](repeating: loop_counts(), count: 3)
        precondition(loop_run(raw, accesses.count, 5, 256, 4, 2_048, 8, &counts) == 0, "no memory")
        return counts[1].read_misses
    }

    /// The counting machine's misses.
    func runPlain() throws -> UInt64 { try Replay.count(accesses, plain).level1Data.readMisses }

    /// The full machine's time.
    func runTiming() throws -> UInt64 { Replay.run(accesses, machine: machine).elapsed.rawValue }

    private func seconds(_ body: () throws -> UInt64) rethrows -> (time: Double, result: UInt64) {
        var result: UInt64 = 0
        let time = try ContinuousClock().measure { result = try body() }.components
        return (Double(time.attoseconds) / 1e18 + Double(time.seconds), result)
    }

    /// Measures all three and prints them.
    ///
    /// - Returns: the ratios of counting and of timing to the loop.
    func compare(rounds: Int) throws -> [Double] {
        var times: [[Double]] = [[], [], []]
        for _ in 0..<rounds {
            let loop = seconds(runLoop)
            let counted = try seconds(runPlain)
            precondition(loop.result == counted.result, "the loop and the tool count differently")
            times[0].append(loop.time)
            times[1].append(counted.time)
            times[2].append(try seconds(runTiming).time)
        }
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        let millions = Double(accesses.count) / 1e6
        let ratios = (1...2).map { kind in median(zip(times[0], times[kind]).map { $0 / $1 }) }
        print(String(format: "%.1f M accesses, %d rounds, medians", millions, rounds))
        for (name, time, ratio) in [
            ("C loop, -O2", times[0], 1), ("staleline --plain", times[1], ratios[0]),
            ("staleline, full timing", times[2], ratios[1]),
        ] {
            print(
                name.padding(toLength: 24, withPad: " ", startingAt: 0)
                    + String(format: "%7.1f M accesses/s   ratio %.2f", millions / median(time), ratio))
        }
        return ratios
    }
}
