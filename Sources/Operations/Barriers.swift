import Quantities

/// A barrier instruction.
public struct Barrier: Hashable, Sendable, BitwiseCopyable {
    /// Which instruction.
    public enum Instruction: UInt8, Sendable, BitwiseCopyable {
        /// Data Memory Barrier: orders, does not wait for completion.
        case dmb
        /// Data Synchronization Barrier: waits for completion.
        case dsb
        /// Instruction Synchronization Barrier.
        case isb
    }

    /// Which observers the barrier is for.
    public enum Domain: UInt8, Sendable, BitwiseCopyable {
        /// The whole system (`sy`).
        case fullSystem
        /// The outer shareable domain (`osh`).
        case outerShareable
        /// The inner shareable domain (`ish`).
        case innerShareable
        /// This core alone (`nsh`).
        case nonShareable
    }

    /// Which accesses before the barrier it orders.
    public enum Accesses: UInt8, Sendable, BitwiseCopyable {
        /// Loads and stores.
        case all
        /// Stores only (`st`).
        case stores
        /// Loads before; loads and stores after (`ld`).
        case loads
    }

    /// Which instruction.
    public var instruction: Instruction
    /// For whom.
    ///
    /// Without meaning for `isb`.
    public var domain: Domain
    /// What is ordered.
    ///
    /// Without meaning for `isb`.
    public var accesses: Accesses

    /// Makes a barrier; `sy` unless said otherwise.
    public init(
        _ instruction: Instruction, _ domain: Domain = .fullSystem, _ accesses: Accesses = .all
    ) {
        self.instruction = instruction
        self.domain = domain
        self.accesses = accesses
    }

    /// Whether stores before it are ordered before what comes after it.
    public var ordersStores: Bool { instruction != .isb && accesses != .loads }

    /// Whether loads before it are ordered before what comes after it.
    public var ordersLoads: Bool { instruction != .isb && accesses != .stores }

    /// Whether a device outside the cores' own domain is among the observers.
    public var reachesDevices: Bool { domain == .fullSystem || domain == .outerShareable }
}

/// A barrier of the Linux kernel, lowered per architecture and era by `DMAMapping`.
public enum KernelBarrier: String, CaseIterable, Sendable {
    /// `mb()`
    case mb
    /// `rmb()`
    case rmb
    /// `wmb()`
    case wmb
    /// `dma_rmb()`
    case dmaRmb = "dma_rmb"
    /// `dma_wmb()`
    case dmaWmb = "dma_wmb"
    /// `dma_mb()`
    case dmaMb = "dma_mb"
    /// `smp_mb()`
    case smpMb = "smp_mb"
    /// `smp_rmb()`
    case smpRmb = "smp_rmb"
    /// `smp_wmb()`
    case smpWmb = "smp_wmb"
}

/// An access to a device's registers with the kernel's barriers, lowered by `DMAMapping`.
public struct Accessor: Hashable, Sendable {
    /// Which of the kernel's functions.
    public enum Function: String, CaseIterable, Sendable {
        /// A barrier, then a store.
        case writel
        /// A store.
        case writelRelaxed = "writel_relaxed"
        /// A load, then a barrier.
        case readl
        /// A load.
        case readlRelaxed = "readl_relaxed"

        /// Whether the register is written.
        public var isWrite: Bool { self == .writel || self == .writelRelaxed }
    }

    /// Which function.
    public var function: Function
    /// Whose registers; its symbol names the device.
    public var register: Operand
    /// The device whose doorbell it is.
    public var device: Agent
    /// The value, where the trace has it.
    public var value: UInt64?

    /// Makes a register access.
    public init(_ function: Function, of device: Agent, at register: Operand, value: UInt64? = nil)
    {
        self.function = function
        self.device = device
        self.register = register
        self.value = value
    }
}
