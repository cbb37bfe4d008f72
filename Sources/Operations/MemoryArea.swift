/// Where a buffer lies in the kernel's address space, if that is not memory that may be mapped for DMA.
///
/// Memory without an area is in the linear map: from kmalloc, or pages.
public enum MemoryArea: UInt8, CaseIterable, Sendable {
    /// The stack of the task that maps it, in the linear map (`stack`).
    case stack
    /// The same of a kernel whose stacks are in the vmalloc area, CONFIG_VMAP_STACK (`vmapstack`).
    case virtualStack
    /// The kernel's code (`text`).
    case text
    /// The kernel's constants (`rodata`).
    case readOnlyData
    /// Memory from vmalloc, or a module's image (`vmalloc`).
    case vmalloc
    /// An address that is not in the linear map, such as one from kmap or ioremap (`invalid`).
    case invalid

    /// The word of the trace format.
    public var name: String {
        switch self {
        case .stack: "stack"
        case .virtualStack: "vmapstack"
        case .text: "text"
        case .readOnlyData: "rodata"
        case .vmalloc: "vmalloc"
        case .invalid: "invalid"
        }
    }
}
