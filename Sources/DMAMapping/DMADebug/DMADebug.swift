import Operations
import Quantities

/// The kernel's dma-debug: what CONFIG_DMA_API_DEBUG would print of a program's calls, in the words of its kernel.
///
/// It folds the calls in their order, keeps the entries that the kernel would keep, and looks them up by the kernel's
/// rules, those that miss a fault and those that see one where there is none among them. All messages are told; a kernel
/// prints only the first unless `all_errors` is set in its debugfs.
///
/// DMA addresses are physical ones, or those of bounce slots, or of a range of its own for each mapping behind an IOMMU.
/// Left out: the driver filter, what is printed when memory runs out, entries that an IOMMU merges, `dma_iova_*`, which
/// dma-debug does not follow either.
public struct DMADebug: Sendable {
    /// How the kernel was built, and for what.
    public struct Settings: Hashable, Sendable {
        /// The kernel.
        public var kernel: KernelVersion
        /// Whether it is a kernel for arm64: pointers, sizes and DMA addresses of 64 bits, and an image of its own outside of
        /// the linear map.
        public var isArm64: Bool
        /// Bytes of a line, as the kernel was built for (`L1_CACHE_BYTES`).
        public var lineSize: UInt64
        /// Whether lists' pieces are checked (CONFIG_DMA_API_DEBUG_SG), E19 and E20; from 6.18 on they always are.
        public var checksSegments = true
        /// Whether small buffers are bounced for the devices (CONFIG_DMA_BOUNCE_UNALIGNED_KMALLOC with an active swiotlb).
        public var bouncesSmallBuffers = false

        /// Says how a kernel was built.
        public init(_ kernel: KernelVersion, isArm64: Bool, lineSize: UInt64) {
            self.kernel = kernel
            self.isArm64 = isArm64
            self.lineSize = lineSize
        }
    }

    /// A device and its driver.
    struct Device: Hashable, Sendable {
        var name: String
        var isCoherent: Bool
        var maximumSegmentSize: UInt64
        var boundary: UInt64
        var hasIOMMU = false
    }

    /// What a handle of the program stands for.
    struct Handle: Sendable {
        var device: Agent
        var kind: DMADebugEntry.Kind
        var pieces: [Piece]
        var direction: DMADirection
        var record: Int
        var isLive = true
        var isAllocation = false
        /// Whether dma-debug has an entry for it.
        var isKept = true
        /// Whether it is `DMA_MAPPING_ERROR`.
        var isFailed = false
    }

    /// A range of a handle.
    struct Piece: Hashable, Sendable {
        var start: UInt64
        var physical: UInt64
        /// The DMA address.
        var address: UInt64
        var size: UInt64
    }

    /// A pool: the pages it has, and the blocks that are in use.
    struct Pool: Sendable {
        var device: Agent
        var blockSize: UInt64
        var chunks: [Piece] = []
        var blocks: [HandleID] = []
    }

    /// How the kernel was built.
    public let settings: Settings
    /// What it printed, in order.
    public private(set) var reports: [DMADebugReport] = []

    let era: DMADebugEra
    let map: MemoryMap
    var table = DMADebugTable()
    var lines: DMADebugLines
    var handles: [HandleID: Handle] = [:]
    var pools: [HandleID: Pool] = [:]
    var record = 0
    /// The statements that made mappings which bounce.
    public private(set) var bounced: Set<Int> = []
    var placing: Lowering?
    private var lastIOVA: UInt64 = 0x1_0000_0000
    private var devices: [Agent: Device] = [:]
    private var areas: [(Range<UInt64>, MemoryArea)] = []
    private var hasWarnedOfCount = false
    private var places: [Place: Int] = [:]

    private struct Place: Hashable {
        var record: Int
        var check: DMADebugCheck?
    }

    /// Starts with nothing mapped.
    ///
    /// - Parameters:
    ///   - settings: How the kernel was built.
    ///   - program: Whose devices and buffers are declared.
    ///   - coherentDevices: The devices that the kernel believes to be coherent.
    ///   - map: Which of the program's addresses mean which physical bytes.
    ///   - placing: Lowering at the same point, which knows what bounces where and what cannot be mapped; nil: nothing
    ///     bounces, and all can be mapped.
    public init(
        _ settings: Settings, for program: Program, coherentDevices: Set<Agent> = [],
        map: MemoryMap = MemoryMap(), placing: Lowering? = nil
    ) {
        self.settings = settings
        self.map = map
        era = DMADebugEra(kernel: settings.kernel)
        lines = DMADebugLines(lineSize: settings.lineSize)
        for device in program.devices {
            devices[device.agent] = Device(
                name: program.symbols[device.name]?.name ?? "device\(device.agent.index)",
                isCoherent: coherentDevices.contains(device.agent),
                maximumSegmentSize: device.maximumSegmentSize.map(UInt64.init) ?? 65_536,
                boundary: device.segmentBoundary ?? era.usualBoundary,
                hasIOMMU: device.hasIOMMU)
        }
        self.placing = placing
        self.placing?.zeroesAllocations = false
        self.placing?.givesMaintenance = false
        for case .buffer(_, let address, let size, let area?) in program.declarations {
            areas.append((address..<address + size, area))
        }
    }

    /// Takes all calls of a program, its loops unrolled.
    public mutating func run(_ program: Program) {
        for step in UnrolledOperations(program, where: Self.concerns) {
            perform(step.operation, record: step.record)
        }
    }

    /// Whether dma-debug has anything to do with an operation.
    static func concerns(_ operation: Operation) -> Bool {
        switch operation {
        case .dma: true
        case .copy(let copy): copy.isOnWrite
        default: false
        }
    }

    /// Takes one operation.
    public mutating func perform(_ operation: Operation, record: Int) {
        self.record = record
        switch operation {
        case .dma(let call): perform(call)
        case .copy(let copy) where copy.isOnWrite: assertIdle(copy)
        default: return
        }
    }

    private mutating func perform(_ call: DMACall) {
        if placing != nil {
            // What a call does to memory is not of interest; what it cannot do was told where it was run.
            var unused: [Operation] = []
            try? placing?.lower(.dma(call), agent: .core(0), into: &unused)
        }
        switch CallClass(call.function) {
        case .map, .mapResource: map(call)
        case .unmap, .unmapResource: unmap(call)
        case .syncForCPU, .syncForDevice: sync(call)
        case .query: if call.function == .mappingError { askError(call) }
        case .allocateCoherent, .allocateNoncoherent: allocate(call)
        case .freeCoherent, .freeNoncoherent: free(call)
        case .poolCreate: createPool(call)
        case .poolAllocate: allocateBlock(call)
        case .poolFree: freeBlock(call)
        case .poolDestroy: destroyPool(call)
        case .driverUnbind: unbind(call)
        // IOVA ranges of their own are not followed by dma-debug.
        case .cacheSync, .iovaReserve, .iovaLink, .iovaUnlink, .iovaEnd: return
        // Nor are further mappings.
        case .mapAllocation, .mapPages, .unmapPages, .setApart, .giveBack: return
        case .setting: set(call)
        }
    }

    // MARK: What is known of devices and memory

    /// Notes what a driver says of its device's lists.
    private mutating func set(_ call: DMACall) {
        guard let agent = call.device, let setting = call.setting else { return }
        switch call.function {
        case .setMaximumSegmentSize: devices[agent]?.maximumSegmentSize = setting
        case .setSegmentBoundary: devices[agent]?.boundary = setting
        default: return
        }
    }

    func device(_ agent: Agent) -> Device {
        devices[agent]
            ?? Device(
                name: "device\(agent.index)", isCoherent: false, maximumSegmentSize: 65_536,
                boundary: era.usualBoundary)
    }

    /// `DMA_MAPPING_ERROR`.
    ///
    /// Assumption: before 5.0, when each architecture had its own, it was the same.
    var mappingError: UInt64 { settings.isArm64 ? .max : UInt64(UInt32.max) }

    /// The physical address of an address of the program.
    public func physicalAddress(_ address: UInt64) -> UInt64 { physical(address) }

    /// See ``physicalAddress(_:)``.
    func physical(_ address: UInt64) -> UInt64 {
        let mapping = map.mapping(of: address)
        return address &- mapping.start &+ mapping.physical
    }

    /// Where an address lies, if not in the linear map.
    ///
    /// Coherent memory of a device that is not coherent is remapped into the vmalloc area. Left out: 32-bit Arm, where
    /// memory from the contiguous area stays in the linear map and other memory does not.
    func area(of address: UInt64) -> MemoryArea? {
        if let found = areas.last(where: { $0.0.contains(address) }) { return found.1 }
        return settings.isArm64 && isCoherent(address, remapped: true) ? .vmalloc : nil
    }

    /// Whether an address is that of a coherent allocation.
    func isCoherent(_ address: UInt64, remapped: Bool) -> Bool {
        handles.values.contains { handle in
            handle.kind == .coherent && handle.isLive && handle.isAllocation
                && !(remapped && device(handle.device).isCoherent)
                && handle.pieces.contains {
                    address >= $0.start && address - $0.start < max($0.size, 1)
                }
        }
    }

    /// Whether a range has a byte of the kernel's code or constants.
    func touchesImage(_ piece: Piece) -> Bool {
        areas.contains {
            ($0.1 == .text || $0.1 == .readOnlyData)
                && piece.start < $0.0.upperBound && $0.0.lowerBound < piece.start &+ piece.size
        }
    }

    /// Gives a handle's ranges the addresses that its device has them at, if these are others than physical ones.
    mutating func place(_ handle: inout Handle, _ call: DMACall) {
        if device(handle.device).hasIOMMU {
            for place in handle.pieces.indices {
                handle.pieces[place].address = takeIOVA(handle.pieces[place])
            }
            return
        }
        guard let record = placing?.mapping(call.handle), handle.kind != .coherent else { return }
        handle.isFailed = handle.isFailed || record.isFailed
        for (place, slot) in record.slots.enumerated() where place < handle.pieces.count {
            guard let slot else { continue }
            handle.pieces[place].address = slot
            bounced.insert(self.record)
        }
    }

    /// The next range of an IOMMU's addresses, from 4 GiB downwards and then again; which ones a kernel takes depends on
    /// what went before.
    private mutating func takeIOVA(_ piece: Piece) -> UInt64 {
        let offset = piece.start % Lowering.pageSize
        let size = (offset &+ piece.size &+ Lowering.pageSize - 1) / Lowering.pageSize
        let bytes = size &* Lowering.pageSize
        if lastIOVA <= bytes { lastIOVA = 0x1_0000_0000 }
        lastIOVA &-= bytes
        return lastIOVA &+ offset
    }

    // MARK: Reports

    /// Reports, if the kernel has the check.
    mutating func report(
        _ check: DMADebugCheck, _ agent: Agent, _ arguments: [DMADebugText.Argument],
        address: UInt64, bytes: UInt64, handle: HandleID = .none, made: Int? = nil,
        falseAlarm: String? = nil
    ) {
        guard let message = check.message(arguments, device: device(agent).name, settings) else {
            return
        }
        let extents =
            handles[handle]?.pieces.map {
                DMADebugReport.Extent(physical: $0.physical, bytes: $0.size)
            } ?? []
        append(
            DMADebugReport(
                check: check, record: record, message: message, device: agent, address: address,
                bytes: max(bytes, 1), extents: extents, made: made, falseAlarm: falseAlarm,
                isOfCoherentMemory: isCoherent(address, remapped: false)))
    }

    /// Warns, once for all, that a line has more mappings than can be counted.
    mutating func warnOfCount(_ entry: DMADebugEntry) {
        guard era.countsOverlap, !hasWarnedOfCount else { return }
        hasWarnedOfCount = true
        let text = DMADebugText.fill(
            "exceeded %d overlapping mappings of cacheline %pa",
            [.number(UInt64(DMADebugLines.most)), .number(entry.physical / settings.lineSize)],
            pointerDigits: settings.isArm64 ? 16 : 8)
        append(
            DMADebugReport(
                check: nil, record: record, message: "DMA-API: \(text)", device: entry.device,
                address: entry.start, bytes: max(entry.size, 1)))
    }

    /// Equal checks of one statement are one report, the first.
    private mutating func append(_ report: DMADebugReport) {
        let place = Place(record: report.record, check: report.check)
        if let known = places[place] {
            reports[known].count += 1
            if report.falseAlarm == nil { reports[known].falseAlarm = nil }
        } else {
            places[place] = reports.count
            reports.append(report)
        }
    }
}
