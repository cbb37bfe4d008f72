import MemoryModel
import Quantities
import Testing
import Traces

@testable import Experiments
@testable import Reports

/// Numbers in reports, and the short reports that are nothing but numbers.
@Suite("Numbers in reports")
struct NumberTests {
    @Test func decimalsAreRoundedAndSigned() {
        #expect(Format.fixed(-1.25, 1) == "-1.3")
        #expect(Format.fixed(-0.04, 1) == "0.0")
        #expect(Format.fixed(1_234.5, 0) == "1235")
        #expect(Format.fixed(.nan, 2) == "–" && Format.fixed(-.infinity, 2) == "–")
        #expect(Format.fixed(1e17, 2) == "1e+17")
    }

    @Test func aShareThatRoundsToNothingIsStillSomething() {
        #expect(Format.percent(share: 0) == "0.00 %")
        #expect(Format.percent(share: 0.000_04) == "<0.01 %")
        #expect(Format.percent(share: 0.000_06) == "0.01 %")
        #expect(Format.percent(1, of: 0) == "–")
        #expect(Format.percent(1, of: 3) == "33.33 %")
    }

    @Test func countsOfAMachineWithoutTime() throws {
        let program = try NativeParser.parse(
            Array("staleline 1\nbuffer a 0x1000 4K\nld a 4K by 4\nst a 64 by 4\n".utf8), file: "t")
        var cache = CacheConfiguration(size: 1_024, ways: 2, lineSize: 32)
        cache.replacement = .fifo
        let result = try Replay.count(
            program, file: "t", PlainConfiguration(level1Data: cache, straddle: .first))
        let text = PlainReport(result).text
        #expect(
            text.hasPrefix(
                "counting machine (FIFO, write-back, write-allocate), 2 records, straddling accesses: first\n"
            ),
            "\(text)")
        // 1,024 loads of 128 lines; the first two lines are gone when they are stored to.
        let row = text.split(separator: "\n").first { $0.hasPrefix("L1D") }
        let numbers = (row ?? "").split(separator: " ").dropFirst().map(String.init)
        #expect(numbers.prefix(4) == ["1,024", "16", "128", "2"], "\(text)")
    }

    @Test func functionsBeyondTheTableAreSummedUp() {
        // 23 functions of 30, 29 … 8 cycles: 437 in all, of which the last three have 27.
        let costs = (0..<23).map { number in
            var cost = FunctionCost(name: "f\(number)")
            cost.records = UInt64(number)
            cost.time = Ticks(rawValue: UInt64(30 - number) * 500)
            return cost
        }
        let text = FunctionTable(costs, period: 500).text
        #expect(text.hasSuffix("and 3 more functions with 6.18 %\n"), "\(text)")
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("f") }.dropFirst()
        #expect(rows.count == 20)
        #expect(rows.first?.split(separator: " ").prefix(4) == ["f0", "30", "6.86", "%"])
        #expect(
            !FunctionTable(Array(costs.prefix(20)), period: 500).text.contains("more functions"))
    }

    @Test func spansAreToldWithTheirPasses() throws {
        let text = """
            staleline 1
            machine stm32h743
            kernel none
            repeat 3
              span idle
                work 480
              end
            end
            span once
              work 960
            end

            """
        let report = ReplayReport(try Replay.run(Sample.setup(text, machine: "stm32h743"))).text
        #expect(report.contains("\nspan idle: 3.00 µs in 3 passes\n"), "\(report)")
        #expect(report.contains("\nspan once: 2.00 µs in 1 pass\n"), "\(report)")
    }
}
