import Quantities

/// What is asked of a machine: one statement of a trace, without who asks and where it came from.
///
/// Calls of the DMA API, the kernel's barriers and its accessors are operations too; `DMAMapping` lowers them to
/// accesses, maintenance and barriers before a machine performs them.
public enum Operation: Hashable, Sendable {
    /// One access of a core. The value is there where the trace has it.
    case access(MemoryAccess, symbol: SymbolID, value: UInt64?)
    /// A run of loads or stores.
    case run(AccessRun)
    /// A copy loop.
    case copy(CopyRun)
    /// Cycles without memory.
    case work(cycles: UInt64)
    /// A barrier instruction.
    case barrier(Barrier)
    /// Cache maintenance.
    case maintenance(Maintenance)
    /// A register access with the kernel's barriers.
    case accessor(Accessor)
    /// A barrier of the kernel.
    case kernelBarrier(KernelBarrier)
    /// A plain store to a device's doorbell, without a barrier.
    case ring(Agent)
    /// Completion of a device's operations so far is observed.
    case wait(Agent)
    /// A call of the DMA API.
    case dma(DMACall)
    /// A call of a bare-metal library.
    case vendor(VendorCall)
    /// Something that a device does.
    case device(DeviceOperation)
    /// An event that nobody asked for.
    case environment(EnvironmentEvent)
    /// Changes the memory type of a range, as `dma_alloc_coherent` does. Made by lowering; no trace has it.
    case setMemoryType(start: UInt64, size: UInt64, MemoryType, Shareability)
    /// Makes a mapping of physical bytes at an address, as `dma_mmap_coherent` does. Made by lowering; no trace has it.
    case map(MemoryMapping)
}
