import Operations
import Quantities
import Testing

@testable import Hazards

/// The may-analysis as a stream: no step may be folded before all is known that can happen at it.
@Suite("The may-analysis as a stream")
struct LatentStreamTests {
    /// Steps of two cores and two devices, with no sense but that of chance.
    private static func steps(_ random: inout SplitMix64) -> [LoweredStep] {
        func operand(_ random: inout SplitMix64) -> Operand {
            Operand(Story.buffer + random.next() % 4 * 32)
        }
        var steps: [LoweredStep] = []
        for record in 1...40 as ClosedRange<UInt32> {
            let core = Agent.core(Int(random.next() % 2))
            let device = Agent.device(Int(random.next() % 2))
            let place = operand(&random)
            var agent = core
            let operation: Operation
            switch random.next() % 12 {
            case 0, 1:
                operation = .access(
                    MemoryAccess(.store, at: place.address.rawValue, size: 8), symbol: .none,
                    value: nil)
            case 2, 3:
                operation = .access(
                    MemoryAccess(.load, at: place.address.rawValue, size: 8), symbol: .none,
                    value: nil)
            case 4: operation = .barrier(Barrier(random.next() % 2 == 0 ? .dsb : .dmb))
            case 5: operation = .maintenance(Maintenance(.dcCVAC, at: place, bytes: 64))
            case 6: operation = .maintenance(Maintenance(.dcIVAC, at: place, bytes: 64))
            case 7: operation = .ring(device)
            case 8: operation = .wait(device)
            case 9:
                agent = device
                operation = .device(DeviceOperation(.read, at: place, bytes: 32))
            case 10:
                agent = device
                operation = .device(DeviceOperation(.write, at: place, bytes: 32))
            default: operation = .run(AccessRun(.store, from: place, bytes: 64, by: 8))
            }
            steps.append(LoweredStep(operation, by: agent, record: record))
        }
        return steps
    }

    @Test("finds the same, whether a step waits for the end of the trace or only for its devices")
    func sameFindings() {
        var profile = Story.profile()
        profile.devices.append(profile.devices[0])
        var found = 0
        var waited = 0
        for seed in 1...2_000 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let steps = Self.steps(&random)
            let operations = LatentStream.operations(of: steps)
            func stream() -> LatentStream {
                LatentStream(
                    profile: profile, watch: Story.watch, map: MemoryMap(), operations: operations,
                    rules: SetWayRules(profile: profile, watch: Story.watch))
            }
            var (early, late) = (stream(), stream())
            late.holdAll()
            for step in steps {
                early.feed(step)
                late.feed(step)
                waited = max(waited, early.waiting)
            }
            #expect(late.waiting == steps.count && early.waiting == 0, "seed \(seed)")
            let (one, other) = (early.finish(), late.finish())
            #expect(one.findings == other.findings, "seed \(seed)")
            #expect(one.rules == other.rules, "seed \(seed)")
            found += one.findings.count
        }
        // The test would see nothing if there were nothing to find, or if nothing ever waited.
        #expect(found > 2_000 && waited > 10)
    }
    @Test(
        "finds the states of granules that are apart by a power of two without passing all others")
    func lineTable() {
        for shift in stride(from: 0, through: 32, by: 2) as StrideThrough<UInt64> {
            var table = LineTable()
            for number in 0..<1_024 as Range<UInt64> {
                var state = LineState()
                state.storeRecord = UInt32(number)
                table.put(state, number << shift)
            }
            for number in 0..<1_024 as Range<UInt64> {
                #expect(table[number << shift]?.storeRecord == UInt32(number))
            }
            #expect(table[1_024 << shift] == nil && table[.max] == nil)
            // Of a table with twice as many slots: no more than four have one slot, on average.
            let slots = Set(
                (0..<1_024 as Range<UInt64>).map { LineTable.hash($0 << shift) & 2_047 })
            #expect(slots.count > 256, "apart by \(shift) bits")
        }
    }
}
