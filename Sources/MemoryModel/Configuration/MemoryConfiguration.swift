import Quantities

/// Memory behind the last cache.
public struct MemoryConfiguration: Sendable, Hashable {
    /// From the request leaving the last cache until the critical word is back.
    public var latency: Ticks
    /// What the pins can move, in bytes a second, both directions together.
    public var bytesPerSecond: UInt64
    /// What it takes of writes, in bytes a second: pins, and what the way to them, rows and the controller lose; nil: as
    /// `bytesPerSecond`.
    ///
    /// A controller holds writes back and sorts them by rows. With a rate that was measured of writes, rows are within it:
    /// a write then neither waits for a row nor opens one.
    public var writeBytesPerSecond: UInt64?
    /// From a write leaving the last cache until its response, for writes that wait for one.
    public var writeResponse: Ticks
    /// From a read of a device's register leaving the core until its value is back.
    public var registerRead: Ticks
    /// Its banks and their rows; nil: every access takes `latency`.
    public var banks: BankConfiguration?
    /// Ports of the memory controller that several agents share; empty: each has its own way in.
    public var controllerPorts: [ControllerPortConfiguration] = []
    /// Memory on the chip, at addresses of its own; empty: there is none.
    public var onChip: [OnChipConfiguration] = []

    /// Makes a memory; `registerRead` nil means as long as memory itself.
    public init(
        latency: Ticks, bytesPerSecond: UInt64, writeResponse: Ticks, registerRead: Ticks? = nil
    ) {
        self.latency = latency
        self.bytesPerSecond = bytesPerSecond
        self.writeResponse = writeResponse
        self.registerRead = registerRead ?? latency
    }
}

/// Banks of DRAM, each with one open row.
public struct BankConfiguration: Sendable, Hashable {
    /// How many; a power of two.
    public var count: Int
    /// Bytes of a row in one bank; a power of two.
    ///
    /// Consecutive rows lie in consecutive banks.
    public var rowBytes: UInt64
    /// Whether the higher bits of a row's number change the bank that it lies in, so that streams a power of two apart
    /// do not meet in one bank.
    public var isPermuted: Bool
    /// What closing a row and opening another adds to the latency of an access.
    public var rowMiss: Ticks
    /// How long the pins rest between a read and a write.
    public var turnaround: Ticks
    /// How often all banks are refreshed; zero: never.
    public var refreshInterval: Ticks
    /// How long a refresh takes.
    public var refresh: Ticks

    /// Makes banks without refresh unless said otherwise.
    public init(
        count: Int, rowBytes: UInt64, isPermuted: Bool = false, rowMiss: Ticks,
        turnaround: Ticks = Ticks(rawValue: 0),
        refreshInterval: Ticks = Ticks(rawValue: 0), refresh: Ticks = Ticks(rawValue: 0)
    ) {
        self.count = count
        self.rowBytes = rowBytes
        self.isPermuted = isPermuted
        self.rowMiss = rowMiss
        self.turnaround = turnaround
        self.refreshInterval = refreshInterval
        self.refresh = refresh
    }

    /// What is wrong with it.
    func faults(path: String) -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        if count < 1 || count > 64 || count & (count - 1) != 0 {
            faults.append(
                ConfigurationFault(
                    path: "\(path).count", found: "\(count)",
                    expected: "a power of two from 1 to 64"))
        }
        if rowBytes < 64 || rowBytes & (rowBytes - 1) != 0 || rowBytes > 1 << 20 {
            faults.append(
                ConfigurationFault(
                    path: "\(path).row_bytes", found: "\(rowBytes)",
                    expected: "a power of two from 64 to 1048576 bytes"))
        }
        if refreshInterval.rawValue > 0, refresh.rawValue >= refreshInterval.rawValue {
            faults.append(
                ConfigurationFault(
                    path: "\(path).refresh_ns", found: "\(refresh.rawValue) ps",
                    expected: "less than refresh_interval_ns (\(refreshInterval.rawValue) ps)"))
        }
        return faults
    }
}

/// A port of the memory controller.
public struct ControllerPortConfiguration: Sendable, Hashable {
    /// Its name, as ports of the interconnect refer to it.
    public var name: String
    /// What it can move, in bytes a second, both directions together.
    public var bytesPerSecond: UInt64

    /// Makes a port.
    public init(name: String, bytesPerSecond: UInt64) {
        self.name = name
        self.bytesPerSecond = bytesPerSecond
    }
}

/// Memory on the chip: SRAM or tightly coupled memory, at addresses of its own.
///
/// It has a latency and a rate, no banks, and nothing in common with the pins of the memory outside. A port's latency is
/// what the port says, whatever memory answers.
public struct OnChipConfiguration: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// The first physical address.
    public var start: UInt64
    /// How many bytes.
    public var size: UInt64
    /// From the request leaving the last cache until the critical word is back.
    public var latency: Ticks
    /// What it can move, in bytes a second, both directions together.
    public var bytesPerSecond: UInt64
    /// The port whose devices reach it; nil: those on every port do.
    ///
    /// Mapping strategies and `check` go by it; the model lets every device reach all of memory.
    public var port: String?
    /// Whether the core reaches it beside its caches, and never through them: a tightly coupled memory.
    ///
    /// A machine takes its physical addresses for Normal non-cacheable, unless a trace declares them anew.
    public var isTightlyCoupled = false

    /// Makes a memory that all devices reach.
    public init(
        name: String, start: UInt64, size: UInt64, latency: Ticks, bytesPerSecond: UInt64
    ) {
        self.name = name
        self.start = start
        self.size = size
        self.latency = latency
        self.bytesPerSecond = bytesPerSecond
    }

    /// Whether an address is in it.
    @inlinable
    public func contains(_ address: UInt64) -> Bool { address >= start && address - start < size }
}
