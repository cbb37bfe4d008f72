import Operations
import Quantities

/// Why an operation cannot be lowered: something is wrong with the input, or no table says what happens.
///
/// A driver that uses the API wrongly is not an error; the kernel would do as it is told, and so does lowering.
public enum LoweringError: Error, Hashable, Sendable {
    /// A call of the DMA API on bare metal.
    case kernelNeeded(DMACall.Function)
    /// No table says what this does on this family and kernel. `known` lists the kernels that one says it for.
    case notLowered(
        String, LoweringProfile.Architecture, KernelEra, known: String)
    /// A call has an attribute that no table says anything about.
    case attributeNotLowered(DMACall.Function, String)
    /// A call lacks something.
    case missing(DMACall.Function, Part)
    /// The direction is `NONE`: the kernel stops there (`BUG_ON`).
    case noDirection(DMACall.Function)
    /// No call before gave this handle or pool.
    case unknownHandle(DMACall.Function, HandleID)
    /// A range does not end before the last page of the address space.
    case rangeTooLong(DMACall.Function, start: UInt64, size: UInt64)
    /// A sync starts behind the end of what is mapped, and has no size of its own.
    case offsetOutside(DMACall.Function, offset: UInt64, size: UInt64)
    /// The device has no IOMMU that could give it addresses.
    case noIOMMU(DMACall.Function, Agent)
    /// The allocator gives whole pages.
    case notPageAligned(DMACall.Function, UInt64)
    /// A pool of blocks like these is not made: the kernel returns NULL.
    case invalidPool(size: UInt64, alignment: UInt64, boundary: UInt64)
    /// A pool gives no block at this address.
    case invalidPoolBlock(UInt64, reason: String)
    /// No call before gave this handle an allocation of its own: it is a mapping's, or a pool's block.
    case notAnAllocation(DMACall.Function, HandleID)
    /// An allocation cannot be mapped like this.
    case invalidMapping(DMACall.Function, reason: String, expected: String)
    /// A device does what only a core can do.
    case notACore(String, Agent)
    /// A call of a bare-metal library cannot be lowered.
    case vendor(VendorError)

    /// Something that a call can lack.
    public enum Part: String, Hashable, Sendable {
        /// The device.
        case device
        /// The direction.
        case direction
        /// The address, or the address and the size.
        case segment
        /// The size.
        case size
    }
}

extension LoweringError: CustomStringConvertible {
    /// What is wrong and what would be right.
    public var description: String {
        let words = words
        return words.found + (words.expected.map { ", expected \($0)" } ?? "")
    }

    /// What was found, and what was expected in its place; nil: there is no more to say than that it cannot be performed.
    public var words: (found: String, expected: String?) {
        switch self {
        case .kernelNeeded(let function):
            (
                "\(function.rawValue): there is no DMA API on bare metal",
                "a line such as `kernel 6.12` before it, for the kernel that it is to be lowered for"
            )
        case .notLowered(let what, let architecture, let kernel, let known):
            (
                "\(what): not known on \(architecture.rawValue) with kernel \(kernel)",
                known.isEmpty
                    ? "another machine: no kernel is known for this architecture"
                    : "a kernel that it is known for: \(known)"
            )
        case .attributeNotLowered(let function, let name):
            ("\(function.rawValue): what DMA_ATTR_\(name) does is not known", nil)
        case .missing(let function, let part):
            (
                "\(function.rawValue): the \(part.rawValue) is missing, and no earlier call says it",
                "the \(part.rawValue)"
            )
        case .noDirection(let function):
            (
                "\(function.rawValue): direction NONE, at which the kernel stops (BUG_ON)",
                "TO_DEVICE, FROM_DEVICE or BIDIRECTIONAL"
            )
        case .unknownHandle(let function, let handle):
            (
                "\(function.rawValue): no call before this one made handle \(handle.rawValue)", nil
            )
        case .rangeTooLong(let function, let start, let size):
            (
                "\(function.rawValue): \(size) bytes from 0x\(String(start, radix: 16)) "
                    + "reach the end of the address space", "a range that ends a page before it"
            )
        case .offsetOutside(let function, let offset, let size):
            (
                "\(function.rawValue): offset \(offset) in a mapping of \(size) bytes, without a size",
                "an offset below \(size)"
            )
        case .noIOMMU, .notPageAligned, .notAnAllocation, .invalidMapping: wordsOfPages
        case .invalidPool(let size, let alignment, let boundary):
            (
                "dma_pool_create: size \(size), alignment \(alignment), boundary \(boundary)",
                "a size of 1 to 2^31 - 1, an alignment of 0 or a power of two, a boundary of 0 "
                    + "or a power of two not below the size"
            )
        case .invalidPoolBlock(let address, let reason):
            (
                "dma_pool_alloc: address 0x\(String(address, radix: 16)): \(reason)",
                "a place where the pool has a block"
            )
        case .notACore(let what, let agent): ("\(what) by device \(agent.index)", "a core")
        case .vendor(let error): error.words
        }
    }

    private var wordsOfPages: (found: String, expected: String?) {
        switch self {
        case .noIOMMU(let function, let device):
            (
                "\(function.rawValue): device \(device.index) has no IOMMU, so that the kernel returns false",
                "the word iommu in its declaration, or the pieces mapped one by one, as the driver would"
            )
        case .notPageAligned(let function, let address):
            (
                "\(function.rawValue): address 0x\(String(address, radix: 16))",
                "a multiple of \(Lowering.pageSize), as the allocator gives"
            )
        case .notAnAllocation(let function, let handle):
            (
                "\(function.rawValue): handle \(handle.rawValue) is no allocation's",
                "what dma_alloc_coherent, dma_alloc_pages and their kin gave, which alone it maps"
            )
        case .invalidMapping(let function, let reason, let expected):
            ("\(function.rawValue): \(reason)", expected)
        default: preconditionFailure("not about pages")
        }
    }
}
