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
        var counts = [loop_counts](repeating: loop_counts(), count: 3)
        let raw = UnsafeRawPointer(accesses.baseAddress)?.assumingMemoryBound(to: loop_access.self)
        let status = loop_run(raw, accesses.count, 5, 256, 4, 2_048, 8, &counts)
        precondition(status == 0, "no memory")
        return counts[1].read_misses
    }

    /// The counting machine's misses.
    func runPlain() throws -> UInt64 { try Replay.count(accesses, plain).level1Data.readMisses }

    /// One plain replay: a data cache's misses.
    func runOne() throws -> UInt64 {
        let result = try Replay.count(accesses, PlainConfiguration(level1Data: plain.level1Data))
        return result.level1Data.readMisses
    }

    /// One pass for 256 data caches, 8 numbers of sets with 1 to 32 ways: the sum of their misses.
    func runStacks() -> UInt64 {
        let sets = (5...12).map { UInt64(1) << $0 }
        var counter = StackCounter(setCounts: sets, ways: 32, lineSize: 32)
        counter.replay(accesses)
        return sets.reduce(0) { sum, sets in
            (1...32).reduce(sum) { $0 + counter.counts(sets: sets, ways: $1).readMisses }
        }
    }

    /// The full machine's time.
    func runTiming() -> UInt64 { Replay.run(accesses, machine: machine).elapsed.rawValue }

    /// The trace as a binary file.
    func encoded() throws -> [UInt8] {
        var writer = try BinaryStreamWriter()
        for access in accesses {
            try writer.add(.operation(access.agent, NativeAccess.operation(access)))
        }
        return try writer.finish()
    }

    /// Reads a binary file.
    ///
    /// - Returns: the sum of all addresses, so that nothing of it can be left out.
    func runDecoding(_ bytes: [UInt8]) throws -> UInt64 {
        let reader = try BinaryAccessReader(bytes, file: "bench.sltb")
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(
            capacity: AccessReader.blockSize)
        defer { block.deallocate() }
        var sum: UInt64 = 0
        while true {
            let count = try reader.read(into: block)
            if count == 0 { return sum }
            for access in block[..<count] { sum &+= access.address }
        }
    }

    /// Measures reading the binary format beside full timing, and prints both.
    ///
    /// - Returns: how fast reading is, as a part of what is asked: 60 million accesses a second, or 0.8 of full timing's
    ///   rate where that is less.
    func compareDecoding(rounds: Int) throws -> Double {
        let bytes = try encoded()
        let millions = Double(accesses.count) / 1e6
        let sum = accesses.reduce(UInt64(0)) { $0 &+ $1.address }
        var decodings: [Double] = []
        var timings: [Double] = []
        for _ in 0..<rounds {
            let decoding = try seconds { try runDecoding(bytes) }
            precondition(decoding.result == sum, "the file is another trace")
            decodings.append(millions / decoding.time)
            timings.append(millions / seconds(runTiming).time)
        }
        print(
            String(
                format: "binary trace of %.3f bytes an access, %d rounds, medians",
                Double(bytes.count) / Double(accesses.count), rounds))
        print(String(format: "  reading it              %7.1f M accesses/s", median(decodings)))
        print(String(format: "  staleline, full timing  %7.1f M accesses/s", median(timings)))
        return median(zip(decodings, timings).map { $0 / Swift.min(60, 0.8 * $1) })
    }

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
