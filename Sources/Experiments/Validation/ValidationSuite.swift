import MemoryModel
import Traces

/// Every published measurement that there is a row for.
public struct ValidationSuite: Sendable {
    /// How much of the measurements is simulated.
    public enum Scale: Sendable {
        /// As `staleline validate` prints them.
        case full
        /// A part of it, for tests.
        case small
    }

    private let machines: [MachineVariant: MachineConfiguration]
    private let scale: Scale

    /// Makes a suite.
    ///
    /// - Parameters:
    ///   - scale: How much is simulated.
    ///   - machine: Finds a machine and sets what the measurement changed on it.
    public init(
        scale: Scale = .full, machine: (MachineVariant) throws -> MachineConfiguration
    ) rethrows {
        var machines: [MachineVariant: MachineConfiguration] = [:]
        for variant in Self.variants where machines[variant] == nil {
            machines[variant] = try machine(variant)
        }
        self.machines = machines
        self.scale = scale
    }

    private static let zynq = MachineVariant("zynq7000")

    /// The machines of all rows.
    public static var variants: [MachineVariant] {
        [
            zynq, PortBandwidth.machine, UncachedWidth.machine, VideoFrame.machine,
            CameraPackets.machine, CachedCopy.machine, UncachedCopy.machine, PortDuplex.machine,
            BatchedSync.machine, MaintenanceLaws.calls,
        ] + CameraPackets.chromebooks + MaintenanceLaws.crossover
            + CachedLatency.tables.map(\.machine)
    }

    private subscript(variant: MachineVariant) -> MachineConfiguration {
        guard let machine = machines[variant] else {
            preconditionFailure("\(variant.name) is not among the suite's machines")
        }
        return machine
    }

    /// Runs the rows of the mail thread and of the u-dma-buf tables.
    public func strategies() throws(TraceErrors) -> [ValidationRow] {
        try Validation(
            zynq7000: self[Self.zynq], simulated: scale == .full ? 2 << 20 : 64 << 10
        ).rows()
    }

    /// Runs the rows of cached latency.
    public func latencies() -> [ValidationRow] {
        CachedLatency.tables.flatMap { table in
            table.rows(on: self[table.machine], loads: scale == .full ? 40_000 : 3_000)
        }
    }

    /// Runs the rows of ports and engines, the law of uncached loads, and copies of cached memory.
    public func transfers() throws(TraceErrors) -> [ValidationRow] {
        let ports = PortBandwidth(simulated: scale == .full ? 2 << 20 : 128 << 10)
        let width = UncachedWidth(bytes: scale == .full ? 1 << 20 : 64 << 10)
        let cached = CachedCopy(bytes: scale == .full ? 4 << 20 : 1 << 20)
        return try ports.rows(on: self[PortBandwidth.machine])
            + width.rows(on: self[UncachedWidth.machine])
            + cached.rows(on: self[CachedCopy.machine])
    }

    /// Runs the rows of whole drivers.
    public func drivers() throws(TraceErrors) -> [ValidationRow] {
        let isFull = scale == .full
        let packets = CameraPackets(count: isFull ? 8 : 2)
        var rows = try VideoFrame(simulated: isFull ? .max : 2 << 20)
            .rows(on: self[VideoFrame.machine])
        for variant in CameraPackets.chromebooks { rows += try packets.copies(on: self[variant]) }
        rows += try packets.packets(on: self[CameraPackets.machine])
        rows += try UncachedCopy(bytes: isFull ? 4 << 20 : 256 << 10)
            .rows(on: self[UncachedCopy.machine])
        return try rows
            + PortDuplex(bytes: isFull ? 4 << 20 : 512 << 10).rows(on: self[PortDuplex.machine])
    }

    /// Runs the batched sync and the laws of maintenance.
    public func maintenance() throws(TraceErrors) -> [ValidationRow] {
        let batched = BatchedSync(entries: scale == .full ? 2_560 : 256)
        let laws = MaintenanceLaws()
        var rows = try batched.rows(on: self[BatchedSync.machine])
        rows += try laws.calls(on: self[MaintenanceLaws.calls])
        for variant in MaintenanceLaws.crossover {
            rows += try laws.crossover(on: self[variant])
        }
        return rows
    }

    /// Runs all rows.
    public func rows() throws(TraceErrors) -> [ValidationRow] {
        try strategies() + latencies() + transfers() + drivers() + maintenance()
    }
}
