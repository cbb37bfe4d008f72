import DMAMapping
import Events
import MemoryModel
import Operations
import Quantities
import Traces

/// What a call of the DMA API or of a bare-metal library, a barrier or a register access is made of on a machine, and
/// what each part costs there.
///
/// The call is lowered for the machine and its kernel, and performed by core 0 of a machine where nothing else happens:
/// all that came before has completed. What it costs depends on what the caches hold of the buffer, so that is part of
/// the question.
public struct CallCost: Sendable {
    /// What the caches hold of the buffer before the call.
    public enum LineState: String, CaseIterable, Sendable {
        /// Nothing.
        case absent
        /// All that fits, loaded.
        case clean
        /// All that fits, stored to.
        case dirty
    }

    /// What is asked.
    public struct Question: Sendable {
        /// The name of the call, the barrier or the accessor.
        public var name: String
        /// The direction, for calls that have one.
        public var direction: DMADirection
        /// The version of a bare-metal library whose function it is; nil: the newest known.
        public var version: LibraryVersion?
        /// The offset of the buffer in its first page, in bytes.
        public var offset: UInt64
        /// The size of the buffer, in bytes.
        public var size: UInt64
        /// Whether the kernel believes the device to be coherent.
        public var isCoherent: Bool
        /// Whether the mapping bounces.
        public var isBounced = false
        /// What the caches hold of the buffer; nil: dirty lines before the device has it, clean ones after; of a
        /// library's function clean ones if it discards them.
        public var state: LineState?

        /// Asks about a call; without more, about a page that starts where a page does.
        public init(
            _ name: String, direction: DMADirection = .toDevice, offset: UInt64 = 0,
            size: UInt64 = 4_096, isCoherent: Bool = false, state: LineState? = nil
        ) {
            self.name = name
            self.direction = direction
            self.offset = offset
            self.size = size
            self.isCoherent = isCoherent
            self.state = state
        }
    }

    /// One operation of the call.
    public struct Part: Sendable, Hashable {
        /// In the words of the trace format.
        public var text: String
        /// How many lines it goes through, if it goes through lines.
        public var lines: UInt64?
        /// What core 0 spends on it.
        public var time: Ticks
    }

    /// What was asked.
    public var question: Question
    /// The machine's name.
    public var machine: String
    /// The kernel.
    public var kernel: KernelEra
    /// What the caches held of the buffer; nil: there is none.
    public var state: LineState?
    /// The rows of the kernel's or library's tables, as steps over the whole buffer, in words.
    public var plan: [String]
    /// The operations in their order.
    public var parts: [Part]
    /// The length of a core cycle.
    public var period: Ticks

    /// What all operations take together.
    public var time: Ticks { parts.reduce(Ticks.zero) { $0 + $1.time } }

    /// Whether the call has a direction: maps, unmaps and syncs have.
    public var hasDirection: Bool {
        state != nil && DMACall.Function(rawValue: question.name)?.mapsAllocation != true
            && ["map", "sync", "link", "destroy"].contains { question.name.contains($0) }
    }

    /// Core cycles, rounded to the nearest.
    public func cycles(_ time: Ticks) -> UInt64 {
        (time.rawValue + period.rawValue / 2) / period.rawValue
    }

    /// The names that can be asked about.
    public static var names: [String] {
        linuxNames + VendorCall.Function.allCases.map(\.rawValue)
    }

    /// The names among them that are Linux'.
    public static var linuxNames: [String] {
        DMACall.Function.allCases.filter { $0 != .driverUnbind }.map(\.rawValue)
            + KernelBarrier.allCases.map(\.rawValue) + Accessor.Function.allCases.map(\.rawValue)
    }

    /// The largest buffer that is asked about: larger ones cost the same for each byte.
    public static let sizeLimit: UInt64 = 16 << 20

    /// Answers a question.
    ///
    /// - Parameters:
    ///   - question: What is asked; its name is one of ``names``.
    ///   - machine: On which machine.
    ///   - kernel: With which kernel.
    /// - Throws: if the machine's kernel has no such call, or the range makes none.
    public init(
        _ question: Question, machine: MachineConfiguration, kernel: KernelEra
    ) throws(TraceErrors) {
        let scene = CallScene(question)
        let place = "\(machine.name) with kernel \(kernel)"
        let program = try NativeParser.parse(Array(scene.text.utf8), file: place)
        let setup = try Setup(program, file: place, machine: machine, kernel: kernel)
        var stage = try CallStage(setup)
        self.question = question
        self.machine = machine.name
        self.kernel = kernel
        state = scene.state
        period = machine.core.clock.period
        parts = try stage.play(program)
        plan = []
        if let function = DMACall.Function(rawValue: question.name) {
            do {
                plan = try Lowering.describe(
                    function, direction: question.direction, isCoherent: question.isCoherent,
                    isBounced: question.isBounced || stage.hasBounced, profile: stage.profile
                ).map(\.description)
                if stage.hasBounced, !question.isBounced {
                    plan.insert(
                        "a buffer of this size may share its lines with others: the device gets a bounce slot",
                        at: 0)
                }
            } catch { preconditionFailure("what was lowered has a plan: \(error)") }
        }
        if let call = question.vendorCall {
            do {
                plan = try Lowering.describe(call, profile: stage.profile)
            } catch { preconditionFailure("what was lowered has a plan: \(error)") }
        }
    }
}

/// The trace that ends with the call in question.
struct CallScene {
    /// The native trace.
    let text: String
    /// What the caches hold of the buffer before the last statement; nil: there is no buffer.
    let state: CallCost.LineState?

    /// Where the buffer's first page is.
    static let page: UInt64 = 0x1000_0000
    /// Where a second mapping of it is.
    static let second = "0x20000000"

    init(_ question: CallCost.Question) {
        let function = DMACall.Function(rawValue: question.name)
        let isRange =
            question.name.hasPrefix("dma_iova") || function == .vmapNoncontiguous
            || function == .vunmapNoncontiguous
        var lines = [
            "staleline 1",
            "device dev \(question.isCoherent ? "" : "non")coherent\(isRange ? " iommu" : "")",
        ]
        if question.isBounced { lines.append("swiotlb 0xe0000000 1M force") }
        let buffer = "0x\(String(Self.page + question.offset, radix: 16)) \(question.size)"
        let direction = question.direction.name
        var state: CallCost.LineState?
        func fill(_ usual: CallCost.LineState) {
            let wanted = question.state ?? usual
            state = wanted
            if wanted != .absent { lines.append("ld \(buffer) by 1") }
            if wanted == .dirty { lines.append("st \(buffer) by 1") }
        }
        switch function {
        case nil where question.vendorCall != nil:
            guard let call = question.vendorCall else { break }
            fill(call.function.discards ? .clean : .dirty)
            lines.append(NativeWriter.words(.vendor(call)))
        case nil:
            let isAccessor = Accessor.Function(rawValue: question.name) != nil
            lines.append(isAccessor ? "\(question.name) dev+0x10" : question.name)
        case let function? where function.makesHandle:
            fill(.dirty)
            lines.append(CallScene.creation(function, buffer: buffer, direction: direction))
        case let function? where function.setsDevice:
            lines.append(
                "\(function.rawValue) dev \(function == .setSegmentBoundary ? 0xffff : 32)")
        case .declareCoherentMemory?, .releaseCoherentMemory?:
            // Whole pages are set apart.
            let bytes = (question.size + 4_095) / 4_096 * 4_096
            lines.append(
                "dma_declare_coherent_memory dev 0x\(String(Self.page, radix: 16)) \(bytes)")
            if function == .releaseCoherentMemory {
                lines.append("dma_release_coherent_memory dev")
            }
        case let function?:
            let creator = function.creator
            lines.append(CallScene.creation(creator, buffer: buffer, direction: direction))
            if function == .iovaUnlink || function == .iovaDestroy {
                lines.append("dma_iova_link H \(buffer.replacing(" ", with: " 0 ")) \(direction)")
            }
            // What the caches hold of an allocation makes no difference to its end, nor to a further mapping.
            if creator != .poolAlloc, !creator.isAllocation {
                fill(function.isForDevice ? .dirty : .clean)
            }
            lines.append(
                function == .iovaLink
                    ? "dma_iova_link H \(buffer.replacing(" ", with: " 0 ")) \(direction)"
                    : function.use)
        }
        self.state = state
        text = lines.joined(separator: "\n") + "\n"
    }

    /// A statement that makes `H`, and the pool before it where there has to be one.
    private static func creation(
        _ function: DMACall.Function, buffer: String, direction: String
    ) -> String {
        let size = buffer.split(separator: " ")[1]
        let address = buffer.split(separator: " ")[0]
        let pool = "P = dma_pool_create dev \(size) 4"
        return switch function {
        case .poolCreate: pool
        case .poolAlloc, .poolZalloc: "\(pool)\nH = \(function.rawValue) P \(address)"
        case .mapSG, .mapSGTable: "H = \(function.rawValue) dev \(direction) \(address),\(size)"
        case .mapSingle, .mapPage, .mapPhys, .mapResource:
            "H = \(function.rawValue) dev \(buffer) \(direction)"
        default: "H = \(function.rawValue) dev \(buffer)"
        }
    }
}

extension DMACall.Function {
    /// The call that makes what this one uses.
    fileprivate var creator: DMACall.Function {
        switch self {
        case .unmapPage: .mapPage
        case .unmapPhys: .mapPhys
        case .unmapResource: .mapResource
        case .unmapSG, .syncSGForCPU, .syncSGForDevice: .mapSG
        case .unmapSGTable, .syncSGTableForCPU, .syncSGTableForDevice: .mapSGTable
        case .freeCoherent: .allocCoherent
        case .freeAttrs: .allocAttrs
        case .freeWriteCombine: .allocWriteCombine
        case .freeNoncoherent: .allocNoncoherent
        case .freePages: .allocPages
        case .freeNoncontiguous: .allocNoncontiguous
        case .poolFree, .poolDestroy: .poolAlloc
        case .iovaLink, .iovaSync, .iovaUnlink, .iovaFree, .iovaDestroy: .iovaTryAlloc
        case .mmapCoherent, .getSGTable: .allocCoherent
        case .mmapAttrs: .allocAttrs
        case .mmapWriteCombine: .allocWriteCombine
        case .mmapPages: .allocPages
        case .mmapNoncontiguous, .vmapNoncontiguous, .vunmapNoncontiguous: .allocNoncontiguous
        default: .mapSingle
        }
    }

    /// Whether it makes memory that is maintained neither by a further mapping nor by a question.
    fileprivate var isAllocation: Bool { rawValue.hasPrefix("dma_alloc") }

    /// Whether it says what the device can do.
    fileprivate var setsDevice: Bool {
        rawValue.hasPrefix("dma_set_") || self == .coerceMaskAndCoherent
    }

    fileprivate var isForDevice: Bool { rawValue.hasSuffix("_for_device") || self == .iovaLink }

    /// The statement that uses `H`.
    fileprivate var use: String {
        switch self {
        case .poolFree: "dma_pool_free P H"
        case .poolDestroy: "dma_pool_free P H\ndma_pool_destroy P"
        case .vunmapNoncontiguous: "dma_vmap_noncontiguous H \(CallScene.second)\n\(rawValue) H"
        case _ where mapsAllocation: "\(rawValue) H \(CallScene.second)"
        default: "\(rawValue) H"
        }
    }
}
