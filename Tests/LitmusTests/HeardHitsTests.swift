import DMAMapping
import Events
import Hazards
import MemoryModel
import Operations
import Quantities
import Statistics
import Testing
import Traces

@testable import Experiments

/// Loads that the detector does not hear of would have told it nothing.
@Suite("Hits that are not heard")
struct HeardHitsTests {
    /// Listens to nothing, and wants each hit by itself.
    private struct EachHit: OperationProbe {
        mutating func record(_ event: Event) {}
        mutating func begin(_ operation: Operation, by agent: Agent, record: UInt32) {}
    }

    /// Transfers, stores, many loads and maintenance of a few lines, mostly wrong.
    private static func text(seed: UInt64) -> String {
        var random = SplitMix64(seed: seed)
        func pick<Value>(_ values: [Value]) -> Value {
            values[Int(random.next() % UInt64(values.count))]
        }
        var lines = [
            "staleline 1", "kernel 6.12", "device eth0 noncoherent", "buffer a 0x10000000 256",
            "buffer b 0x10001000 128",
        ]
        for _ in 0..<40 {
            let place = pick(["a", "a", "b"])
            let offset = pick([0, 4, 24, 32, 40, 60, 64, 96, 128, 160, 192])
            let bytes = pick([4, 8, 16, 32])
            let core = pick(["", "", "", "core1: "])
            switch random.next() % 12 {
            case 0...4:
                let load = "\(core)ld \(place)+\(offset) \(bytes)" + (bytes > 4 ? " by 4" : "")
                lines += Array(repeating: load, count: Int(random.next() % 3) + 1)
            case 5, 6: lines.append("\(core)st \(place)+\(offset) 4")
            case 7: lines.append("eth0: wr \(place)+\(offset) \(bytes)")
            case 8: lines.append("eth0: rd \(place)+\(offset) \(bytes)")
            case 9:
                lines.append(
                    "\(core)dc \(pick(["cvac", "ivac", "civac"])) \(place)+\(offset)")
            case 10: lines.append(pick(["dsb", "writel eth0 = 1", "wait eth0", "dmb"]))
            default:
                lines += [
                    "repeat 3", "ld \(place)+\(offset) \(bytes) by 4",
                    pick(["ld \(place)+\(offset) 4", "eth0: wr \(place)+\(offset) 4"]), "end",
                ]
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What a finding says, without how it came to be: what was heard between is told there.
    private struct Said: Hashable {
        var code: HazardCode
        var agent: Agent
        var record: Int
        var address: UInt64
        var bytes: UInt64
        var count: Int
        var detail: String

        init(_ finding: Finding) {
            code = finding.code
            agent = finding.agent
            record = finding.record
            address = finding.address
            bytes = finding.bytes
            count = finding.count
            detail = finding.detail
        }
    }

    private static func findings<Ear: OperationProbe & ~Copyable>(
        _ setup: Setup, _ watch: WatchList, beside ear: consuming Ear
    ) throws -> [Said] {
        let detector = ManifestDetector(profile: setup.hazardProfile, watch: watch)
        var runner = try ProgramRunner(
            setup, probe: ProbePair(ProbePair(CountersProbe(), detector), ear),
            keepingStepsFor: nil)
        try runner.run()
        return runner.machine.probe.first.second.findings.map(Said.init)
    }

    @Test(
        "The detector finds the same whether it hears each hit or not",
        arguments: [
            "zynq7000", "rpi4", "am335x", "kirkwood", "zynqmp", "rpi1",
            "zynq7000 coherence.enabled=false", "zynqmp coherence.enabled=false",
            "zynqmp l1d.line=128 l1i.line=128 l2.line=128",
        ])
    func same(machine given: String) throws {
        let name = given.split(separator: " ").first.map(String.init) ?? ""
        let overrides = given.split(separator: " ").dropFirst().map { setting in
            let parts = setting.split(separator: "=").map(String.init)
            return (key: parts[0], value: parts[1])
        }
        let machine = try LitmusFile.machine(name, overrides)
        var found = 0
        for seed in UInt64(1)...150 {
            var text = Self.text(seed: seed)
            if machine.core.count < 2 { text = text.replacing("core1: ", with: "") }
            let program = try NativeParser.parse(Array(text.utf8), file: "seed \(seed)")
            let setup = try Setup(program, file: "seed \(seed)", machine: machine)
            let watch = try setup.watchList(setup.declaredMap)
            let each = try Self.findings(setup, watch, beside: EachHit())
            let some = try Self.findings(setup, watch, beside: CountersProbe())
            #expect(each == some, "seed \(seed) on \(given)\n\(text)")
            found += each.count
        }
        #expect(found > 150, "seeds 1 to 150 show little: \(found)")
    }

    @Test(
        "A load that was heard enough of is heard again when its buffer bounces",
        arguments: ["rpi4", "zynq7000"])
    func bounced(machine: String) throws {
        let text = """
            staleline 1
            kernel 6.12
            device eth0 noncoherent mask 30
            buffer rx 0x50000000 256
            ld rx 256 by 4
            ld rx 256 by 4
            H = dma_map_single eth0 rx 256 FROM_DEVICE
            dma_mapping_error H
            writel eth0 = 1
            eth0: wr rx 256
            wait eth0
            ld rx 256 by 4
            """
        let program = try NativeParser.parse(Array(text.utf8), file: "bounced")
        let setup = try Setup(program, file: "bounced", machine: LitmusFile.machine(machine))
        let found = try Self.findings(
            setup, setup.watchList(setup.declaredMap), beside: CountersProbe())
        #expect(found.map(\.code) == [.h24])
    }
}
