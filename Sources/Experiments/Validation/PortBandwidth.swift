import DMAMapping
import MemoryModel
import Operations
import Quantities
import Traces

// The rows D1, D3 and D4: AXI DMA engines on the Zynq's high-performance ports at 100 MHz, bare metal.
//
// An engine in loop-back is two devices on its port: one reads a buffer while the other writes another. Buffers are
// 32 MiB each and lie one after the other. The driver polls, so that completion costs no interrupt.

/// What moves through the Zynq's high-performance ports.
struct PortBandwidth {
    /// How many bytes each device moves at most; longer transfers are scaled from there on.
    var simulated: UInt64

    /// The board of the measurement.
    ///
    /// Fabric and ports run at 100 MHz. The engine and its driver take 4.44 µs to start, which D1 calibrates. Memory
    /// is as fast as the pins of DDR3-1066 (4264 MB/s); between reads and writes it rests for 17.8 ns, which D3 with
    /// all ports calibrates (128 bytes in 47.8 ns, 30.0 of them on the pins; JEDEC: 3.8 to 20.6 ns). The controller
    /// opens rows ahead, so that they cost nothing: four ports read 3185 of 3200 MB/s.
    static let machine = MachineVariant(
        "zynq7000",
        [
            "ports.HP0.mhz": "100", "ports.HP1.mhz": "100", "ports.HP2.mhz": "100",
            "ports.HP3.mhz": "100", "ports.HP0.start_latency_ns": "4440",
            "software.interrupt_cycles": "0", "memory.bandwidth_mbps": "4264",
            "memory.banks.count": "8", "memory.banks.row_bytes": "4K",
            "memory.banks.row_miss_ns": "0", "memory.banks.turnaround_ns": "17.8",
        ])

    private static let source = "FPGA_SoC_DMA_stress, Zynq-7010 (github.com/joaomiguelvieira)"
    private static let size: UInt64 = 32 << 20
    private static let start: UInt64 = 0x1000_0000

    /// Replays all rows.
    func rows(on machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        try loopBack(machine) + duplex(machine) + oneWay(machine)
    }

    // MARK: D1

    /// Bytes, and the aggregate rate measured.
    private static let measured: [(name: String, bytes: UInt64, rate: Double)] = [
        ("4 B", 4, 1.70), ("64 B", 64, 27.19), ("256 B", 256, 101.5), ("1 KiB", 1 << 10, 329),
        ("4 KiB", 4 << 10, 832.4), ("16 KiB", 16 << 10, 1288.8), ("64 KiB", 64 << 10, 1512.6),
        ("1 MiB", 1 << 20, 1594.1), ("32 MiB", 32 << 20, 1599.8),
    ]

    private func loopBack(_ machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        var rows: [ValidationRow] = []
        var points: [(bytes: Double, time: Double)] = []
        for point in Self.measured {
            let time = try seconds([0], [.read, .write], point.bytes, machine)
            points.append((Double(point.bytes), time))
            rows.append(
                Self.row(
                    "D1 \(point.name)", "AXI DMA loop-back of \(point.name) on HP0", point.rate,
                    "MB/s", point.bytes == 4 ? .calibrated : .absolute,
                    2 * Double(point.bytes) / time / 1e6))
        }
        // The fit that was published: what the smallest transfer takes, and 800 MB/s each way.
        let first = points[0]
        let last = points[points.count - 1]
        let slope = (last.bytes - first.bytes) / (last.time - first.time) / 1e6
        let start = first.time - first.bytes / slope / 1e6
        let residual = points.map { abs($0.time / (start + $0.bytes / slope / 1e6) - 1) }.max() ?? 1
        return rows + [
            Self.row(
                "D1 start", "time of no bytes at all", 4.71, "µs", .calibrated, start * 1e6),
            Self.row(
                "D1 slope", "bytes a second each way", 800, "MB/s", .exactly(within: 0.005), slope),
            Self.row(
                "D1 line", "farthest point from start + bytes / slope (measured: 1 KiB)", 4.0, "%",
                .law, 100 * residual),
        ]
    }

    // MARK: D3 and D4

    private func duplex(_ machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        // HP0+1 gave the rate of a controller port, HP0-3 the rest between reads and writes.
        let measured: [(name: String, ports: [Int], rate: Double, calibrates: Bool)] = [
            ("HP0", [0], 1600, false), ("HP0+1", [0, 1], 2236, true),
            ("HP0+2", [0, 2], 3198, false), ("HP0-2", [0, 1, 2], 2659, false),
            ("HP0-3", [0, 1, 2, 3], 2676, true),
        ]
        var rows: [ValidationRow] = []
        for row in measured {
            let rate = try self.rate(row.ports, [.read, .write], machine)
            rows.append(
                Self.row(
                    "D3 \(row.name)", "loop-back of 32 MiB on \(row.name)", row.rate, "MB/s",
                    row.calibrates ? .calibrated : .absolute, rate))
        }
        let order = rows.sorted { $0.row.measured < $1.row.measured }.map(\.predicted)
        let inOrder = zip(order, order.dropFirst()).count { $0 < $1 }
        rows.append(
            Self.row(
                "D3 order", "HP0 < HP0+1 < HP0-2 < HP0-3 < HP0+2: steps that go up", 4, "of 4",
                .exactly(within: 0), Double(inOrder)))
        return rows
    }

    private func oneWay(_ machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        var rows: [ValidationRow] = []
        for (count, measured) in [(1, 800.0), (2, 1600), (3, 2400), (4, 3185)] {
            let rate = try self.rate(Array(0..<count), [.read], machine)
            rows.append(
                Self.row(
                    "D4 \(count)", "32 MiB read through \(count) port\(count == 1 ? "" : "s")",
                    measured, "MB/s", .absolute, rate))
        }
        return rows
    }

    // MARK: Running

    private static func row(
        _ id: String, _ workload: String, _ measured: Double, _ unit: String,
        _ criterion: MeasuredRow.Criterion, _ predicted: Double
    ) -> ValidationRow {
        ValidationRow(
            row: MeasuredRow(
                id: id, workload: workload, measured: measured, unit: unit, criterion: criterion,
                source: source), predicted: predicted)
    }

    private func rate(
        _ ports: [Int], _ kinds: [DeviceOperation.Kind], _ machine: MachineConfiguration
    ) throws(TraceErrors) -> Double {
        let time = try seconds(ports, kinds, Self.size, machine)
        return Double(ports.count * kinds.count) * Double(Self.size) / time / 1e6
    }

    /// From the first doorbell until the last device is done; what is longer than `simulated` goes on as it began.
    private func seconds(
        _ ports: [Int], _ kinds: [DeviceOperation.Kind], _ bytes: UInt64,
        _ machine: MachineConfiguration
    ) throws(TraceErrors) -> Double {
        let part = min(bytes, simulated)
        let time = try elapsed(ports, kinds, part, machine)
        guard bytes > part else { return time }
        let half = try elapsed(ports, kinds, part / 2, machine)
        return time + (time - half) * Double(bytes - part) / Double(part - part / 2)
    }

    private func elapsed(
        _ ports: [Int], _ kinds: [DeviceOperation.Kind], _ bytes: UInt64,
        _ machine: MachineConfiguration
    ) throws(TraceErrors) -> Double {
        let program = Self.program(ports, kinds, bytes)
        let setup = try Setup(program, file: "validation", machine: machine, kernel: .bareMetal)
        return try Replay.run(setup).elapsed.seconds
    }

    private static func program(
        _ ports: [Int], _ kinds: [DeviceOperation.Kind], _ bytes: UInt64
    ) -> Program {
        var program = Program()
        var agents: [Agent] = []
        var transfers: [Operation] = []
        for port in ports {
            for kind in kinds {
                let agent = Agent.device(agents.count)
                let address = 0xF000_0000 + UInt64(agents.count) * 4_096
                guard
                    let name = program.symbols.add(
                        .init(
                            name: "engine\(agents.count)", kind: .device, address: address,
                            size: 4_096))
                else { preconditionFailure("a fresh table has every name free") }
                program.statements.append(
                    Statement(
                        .declaration(
                            .device(DeviceDeclaration(name: name, agent: agent, port: "HP\(port)"))),
                        line: 1))
                let buffer = start + UInt64(port) * 2 * size + (kind == .write ? size : 0)
                transfers.append(
                    .device(DeviceOperation(kind, at: Operand(buffer), bytes: bytes)))
                agents.append(agent)
            }
        }
        program.statements += agents.map { Statement(.operation(.core(0), .ring($0)), line: 2) }
        program.statements += zip(agents, transfers).map {
            Statement(.operation($0, $1), line: 3)
        }
        program.statements += agents.map { Statement(.operation(.core(0), .wait($0)), line: 4) }
        return program
    }
}
