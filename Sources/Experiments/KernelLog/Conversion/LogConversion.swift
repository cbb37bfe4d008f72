import DMAMapping
import Operations
import Quantities
import Traces

/// Turns a kernel log into statements of the native format, event by event.
///
/// Each event becomes the call that it stands for. What the format cannot say becomes a `mark` in its place, and is
/// counted (``notes``). Calls name physical addresses, as the log has them; handles are `dma1`, `dma2`, …; a device is
/// declared before its first call. Releases and syncs are matched as ``KernelLogAudit`` does it.
///
/// Memory grows with what is mapped at one time, and with devices and functions, not with the log.
public struct LogConversion {
    /// What a log does not say.
    public struct Options: Sendable {
        /// The kernel that the calls are of: before 6.18 there is no `dma_map_phys`.
        public var kernel = KernelLogAudit.defaultKernel
        /// The devices that are coherent.
        public var coherent: [String] = []
        /// Which core does what a CPU of the log does.
        public var cores = CoreChoice()
        /// Names for devices of the log; without one a device has its own, made valid.
        public var deviceNames: [String: String] = [:]

        /// Whether each map is followed by the question whether it failed.
        ///
        /// No log tells of it, and a program without it looks as if its driver never asked.
        public var asksForErrors = false

        /// Makes the usual options.
        public init() {}
    }

    /// A device of the log in the program.
    struct Device {
        var agent: Agent
        /// Its name in the log, short enough for a mark.
        var shown: String
    }

    /// What is mapped: the call that made it, and its name.
    struct Made {
        var function: DMACall.Function
        /// None: the map could not be said.
        var handle: SymbolID
        /// How many entries its call has, for lists.
        var entries = 0
    }

    /// The names of the program.
    public internal(set) var symbols: SymbolTable
    /// What could not be said, so far.
    public internal(set) var notes = ConversionNotes()
    /// Which core does what, and what was folded so far.
    public private(set) var cores: CoreChoice
    /// The devices as the program names them, with their names in the log.
    public private(set) var deviceNames: [(log: String, program: String)] = []

    let options: Options
    var table = MappingTable()
    var handles = LogHandles()
    /// By the places of ``table``.
    var made: [Made] = []
    private var devices: [Device] = []
    private let known: [(name: String, agent: Agent)]
    private var deviceCount: Int
    private let usesPhys: Bool
    private var pending: [ConvertedEvent] = []

    /// How many events wait for a stack that may follow.
    private static let lookBehind = 128

    /// Starts on a log.
    ///
    /// - Parameters:
    ///   - options: What the log does not say.
    ///   - symbols: Names that are taken.
    ///   - devices: Devices that are declared already: one of them that has a device's name, as the log has it or
    ///     made valid, is that device.
    public init(
        _ options: Options, symbols: SymbolTable = SymbolTable(),
        devices: [(name: String, agent: Agent)] = []
    ) {
        self.options = options
        self.symbols = symbols
        cores = options.cores
        known = devices
        deviceCount = devices.count
        usesPhys = options.kernel >= KernelVersion(6, 18)
    }

    /// Converts a whole log.
    ///
    /// - Parameters:
    ///   - reader: The log.
    ///   - body: Takes each event, and the names as they are then or later; the last one has marks that sum up what
    ///     was not said.
    /// - Throws: what is wrong with the log, and what `body` throws.
    public mutating func run(
        _ reader: KernelLogReader, _ body: (ConvertedEvent, SymbolTable) throws -> Void
    ) throws {
        while let event = try reader.next() {
            if event.kind == .stack {
                attribute(event, reader)
                continue
            }
            pending.append(try convert(event, reader))
            guard pending.count >= 2 * Self.lookBehind else { continue }
            for event in pending.prefix(Self.lookBehind) { try body(event, symbols) }
            pending.removeFirst(Self.lookBehind)
        }
        try checkNames(reader)
        pending.append(summary(reader))
        for event in pending { try body(event, symbols) }
        pending = []
    }

    /// Gives the function that a stack names to the last event of its core.
    private mutating func attribute(_ event: KernelLogEvent, _ reader: KernelLogReader) {
        let place = pending.lastIndex { $0.core == event.core && $0.kind != nil }
        guard let place else {
            notes.add(.lateStacks)
            return
        }
        let name = String(reader.functions[Int(event.function)].prefix(256))
        for part in pending[place].parts.indices {
            guard case .operation = pending[place].parts[part].body else { continue }
            var annotations = pending[place].parts[part].annotations ?? Annotations()
            if annotations.function == nil { annotations.function = name }
            pending[place].parts[part].annotations = annotations
        }
    }

    private func checkNames(_ reader: KernelLogReader) throws(TraceErrors) {
        let named = options.coherent + options.deviceNames.keys.sorted()
        let missing = named.filter { name in !reader.devices.contains(name) }
        guard missing.isEmpty else {
            let there = reader.devices.prefix(20).joined(separator: ", ")
            throw TraceErrors(
                missing.map {
                    TraceError(
                        file: reader.source.file, found: "no device \($0)",
                        expected: "a device of the log: \(there)")
                })
        }
    }

    // MARK: Events

    private mutating func convert(
        _ event: KernelLogEvent, _ reader: KernelLogReader
    ) throws(TraceErrors) -> ConvertedEvent {
        var out = ConvertedEvent()
        out.line = event.line
        out.time = event.time
        out.core = event.core
        if event.kind == .lost {
            notes.add(.losses)
            notes.add(.lostEvents, event.count)
            handles.forgetAll()
            out.add(
                mark: "log \(event.line): "
                    + (event.count > 0 ? "\(event.count) events lost" : "events lost"))
            return out
        }
        let device = try device(of: event, reader, &out)
        out.device = reader.devices[Int(event.device)]
        guard event.kind != .bounced else {
            notes.add(.bounces)
            out.add(
                mark: "log \(event.line): swiotlb_bounced \(device.shown) "
                    + "\(Self.hexadecimal(event.dmaAddress)) \(event.size)")
            return out
        }
        out.kind = event.kind
        guard let core = cores.agent(of: event.core) else {
            throw TraceErrors([
                TraceError(
                    file: reader.source.file, line: Int(event.line),
                    found: "an event of CPU \(event.core)",
                    expected: "CPUs below \(Agent.maximumCores), or --cpus to say which core it is")
            ])
        }
        var call = CallMaker(event: event, core: core, device: device, out: out)
        switch event.kind {
        case .mapPage, .mapResource: map(&call)
        case .unmapPage, .unmapResource, .free, .freePages, .freeSGT: release(&call)
        case .mapSG: mapList(&call, reader)
        case .unmapSG: releaseList(&call, reader)
        case .alloc, .allocPages, .allocSGT: allocate(&call, reader)
        case .syncSingleForCPU, .syncSingleForDevice: sync(&call)
        case .syncSGForCPU, .syncSGForDevice: syncList(&call, reader)
        case .mapSGError, .allocSGTError: refuse(&call, .failed, "failed")
        case .bounced, .lost, .stack: break
        }
        guard table.count <= MappingTable.limit else {
            throw TraceErrors([
                TraceError(
                    file: reader.source.file, line: Int(event.line),
                    found: "more than \(MappingTable.limit) mappings at one time",
                    expected: "a log whose mappings are released")
            ])
        }
        return call.out
    }

    /// The device of an event, declared before its first call.
    private mutating func device(
        of event: KernelLogEvent, _ reader: KernelLogReader, _ out: inout ConvertedEvent
    ) throws(TraceErrors) -> Device {
        let place = Int(event.device)
        if place < devices.count { return devices[place] }
        let name = reader.devices[place]
        let shown = String(name.prefix(100))
        let wanted = options.deviceNames[name]
        let valid = wanted ?? ValidName.make(name)
        let same = known.first { $0.name == wanted ?? name } ?? known.first { $0.name == valid }
        if let same {
            devices.append(Device(agent: same.agent, shown: shown))
            deviceNames.append((name, same.name))
            return devices[place]
        }
        guard deviceCount < Agent.maximumDevices else {
            throw TraceErrors([
                TraceError(
                    file: reader.source.file, line: Int(event.line),
                    found: "device \(shown), number \(deviceCount + 1)",
                    expected: "at most \(Agent.maximumDevices) devices in a program")
            ])
        }
        let free = ValidName.free(valid) { symbols.find($0) != nil }
        let agent = Agent.device(deviceCount)
        // What the log maps, the device reached: bounces are told by events of their own.
        var declaration = DeviceDeclaration(
            name: .none, agent: agent, isCoherent: options.coherent.contains(name), maskBits: 64)
        let registers = declaration.effectiveRegisters
        let entry = SymbolTable.Entry(
            name: free, kind: .device, address: registers.lowerBound,
            size: registers.upperBound - registers.lowerBound + 1)
        guard let symbol = symbols.add(entry) else { preconditionFailure("the name is free") }
        declaration.name = symbol
        deviceCount += 1
        out.parts.append(ConvertedEvent.Part(.declaration(.device(declaration))))
        if free != name { out.add(mark: "log: device \(free) is \(shown)") }
        deviceNames.append((name, free))
        devices.append(Device(agent: agent, shown: shown))
        return devices[place]
    }

    /// Whether an event is said as the call of 6.18.
    func isPhys(_ event: KernelLogEvent) -> Bool { usesPhys && event.isPhysical }

    /// Whether the program's kernel has `dma_map_phys`, and so no need of `dma_map_resource`.
    var hasPhys: Bool { usesPhys }

    static func hexadecimal(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
}
