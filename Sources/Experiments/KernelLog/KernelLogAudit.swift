import DMAMapping
import MemoryModel
import Operations
import Traces

/// Reads a kernel log once: what is mapped, what does not match, what all that costs on a machine.
///
/// Memory grows with what is mapped at one time, and with devices and functions, not with the log.
public struct KernelLogAudit {
    /// The kernel where none is given: the first that has these tracepoints.
    public static let defaultKernel = KernelVersion(6, 12)

    var result: KernelLogResult
    var prices: CallPrices
    var table = MappingTable()
    var history = ReleaseHistory()
    /// The line of the last note of lost events: nothing before it can convict what comes after.
    var lastLoss: UInt64 = 0
    private var groups: [Group: Int] = [:]
    private var sites: [SiteKey: LogCosts] = [:]
    private var bills: [Bill] = []
    private let coherent: Set<String>
    private var times: ClosedRange<UInt64>?
    /// Whether savings of copies are worked out.
    var copies: CopyPrices?
    let lineSize: UInt64
    /// The kernel's dma-debug; nil: there is no Linux.
    let debug: DMADebug.Settings?
    /// By core, the mapping that bounces next: its device and size.
    private var bouncing: [Int32: (device: Int32, size: UInt64)] = [:]

    private struct Group: Hashable {
        var rule: LogRule
        var device: Int32
        var direction: DMADirection?
    }

    private struct SiteKey: Hashable {
        var function: Int32
        var device: Int32
    }

    /// What the last event of a core cost: the stack behind it says who called.
    struct Bill {
        var line: UInt64 = 0
        var device: Int32 = -1
        var costs = LogCosts()
        var mapping: Int32 = -1
        var findings: [Int] = []
    }

    /// Judges and prices a log.
    ///
    /// - Parameters:
    ///   - reader: The log.
    ///   - machine: On which machine the calls are priced.
    ///   - kernel: Which kernel they are lowered for; nil: ``defaultKernel``.
    ///   - coherent: The devices that are coherent: a log does not say.
    ///   - comparing: Whether to work out what copying would save, too.
    /// - Returns: What the log says.
    /// - Throws: what is wrong with the log, and where.
    public static func run(
        _ reader: KernelLogReader, machine: MachineConfiguration, kernel: KernelEra? = nil,
        coherent: [String] = [], comparing: Bool = false
    ) throws(TraceErrors) -> KernelLogResult {
        var audit = try KernelLogAudit(
            file: reader.source.file, machine, kernel, Set(coherent), comparing)
        while let event = try reader.next() { try audit.fold(event, reader) }
        return try audit.finish(reader, coherent)
    }

    private init(
        file: String, _ machine: MachineConfiguration, _ kernel: KernelEra?,
        _ coherent: Set<String>, _ comparing: Bool
    ) throws(TraceErrors) {
        let era = kernel ?? .linux(Self.defaultKernel)
        prices = try CallPrices(machine, kernel: era, file: file)
        result = KernelLogResult(
            file: file, machine: machine, kernel: era, kernelIsAssumed: kernel == nil)
        result.dirtyLineCycles = prices.dirtyLineCycles
        self.coherent = coherent
        copies = comparing ? CopyPrices(machine) : nil
        lineSize = prices.longestLine
        guard case .linux(let version) = era else {
            debug = nil
            return
        }
        var settings = DMADebug.Settings(
            version, isArm64: machine.architecture == .arm64, lineSize: machine.kernelLineSize)
        // arm64 kernels bounce small buffers wherever they have a pool, and they have one.
        settings.bouncesSmallBuffers = settings.isArm64
        debug = settings
    }

    private mutating func finish(
        _ reader: KernelLogReader, _ coherent: [String]
    ) throws(TraceErrors) -> KernelLogResult {
        let missing = coherent.filter { name in !reader.devices.contains(name) }
        guard missing.isEmpty else {
            throw TraceErrors(
                missing.map {
                    TraceError(
                        file: reader.source.file, found: "no device \($0)",
                        expected: "a device of the log: "
                            + reader.devices.prefix(20).joined(separator: ", "))
                })
        }
        result.lines = reader.lineCount
        result.events = reader.eventCount
        result.kinds = reader.counts
        result.unknownWords = reader.unknownWords
        result.functions = reader.functions
        result.span = times.map { $0.upperBound - $0.lowerBound }
        result.sites = sites.map { key, costs in
            LogSite(
                function: reader.functions[Int(key.function)], device: Int(key.device),
                costs: costs)
        }.sorted {
            ($1.costs.maintenance.cycles, $1.costs.calls, $0.function, $0.device)
                < ($0.costs.maintenance.cycles, $0.costs.calls, $1.function, $1.device)
        }
        result.live = liveGroups(reader)
        return result
    }

    private func liveGroups(_ reader: KernelLogReader) -> [LiveGroup] {
        var groups: [LiveGroup] = []
        for mapping in table.live {
            let known = groups.firstIndex {
                $0.device == Int(mapping.device) && $0.made == mapping.kind.name
                    && $0.direction == mapping.direction
            }
            if let known {
                groups[known].count += 1
                groups[known].bytes &+= mapping.size
            } else {
                groups.append(
                    LiveGroup(
                        device: Int(mapping.device), made: mapping.kind.name,
                        direction: mapping.direction, count: 1, bytes: mapping.size,
                        line: mapping.line,
                        function: mapping.function < 0
                            ? nil : reader.functions[Int(mapping.function)]))
            }
        }
        return groups
    }

    // MARK: Events

    private mutating func fold(
        _ event: KernelLogEvent, _ reader: KernelLogReader
    ) throws(TraceErrors) {
        if let time = event.time {
            times = times.map { min($0.lowerBound, time)...max($0.upperBound, time) } ?? time...time
        }
        if event.device >= Int32(result.devices.count) {
            let name = reader.devices[Int(event.device)]
            result.devices.append(
                LogDevice(name: name, isCoherent: coherent.contains(name)))
        }
        switch event.kind {
        case .lost:
            lastLoss = event.line
            result.losses += 1
            result.lostEvents &+= event.count
            return
        case .stack:
            attribute(event)
            return
        default: break
        }
        var bill = Bill(line: event.line, device: event.device)
        switch event.kind {
        case .mapPage, .mapResource: map(event, &bill)
        case .unmapPage, .unmapResource, .free, .freePages, .freeSGT: release(event, &bill)
        case .mapSG: mapList(event, reader, &bill)
        case .unmapSG: releaseList(event, reader, &bill)
        case .alloc, .allocPages, .allocSGT: allocate(event, reader, &bill)
        case .syncSingleForCPU, .syncSingleForDevice: sync(event, &bill)
        case .syncSGForCPU, .syncSGForDevice: syncList(event, reader, &bill)
        case .mapSGError, .allocSGTError: result.devices[Int(event.device)].failed += 1
        case .bounced:
            result.devices[Int(event.device)].bounces += 1
            result.devices[Int(event.device)].bouncedBytes &+= event.size
            bouncing[event.core] = (event.device, event.size)
        case .lost, .stack: break
        }
        keep(bill, event.core)
        guard table.count <= MappingTable.limit else {
            throw TraceErrors([
                TraceError(
                    file: reader.source.file, line: Int(event.line),
                    found: "more than \(MappingTable.limit) mappings at one time",
                    expected: "a log whose mappings are released")
            ])
        }
    }

    private mutating func keep(_ bill: Bill, _ core: Int32) {
        let place = Int(core) + 1
        guard place < KernelLogReader.nameLimit else { return }
        while place >= bills.count { bills.append(Bill()) }
        bills[place] = bill
    }

    /// Books what the event before cost to the function that its stack names.
    private mutating func attribute(_ event: KernelLogEvent) {
        let place = Int(event.core) + 1
        guard place < bills.count, bills[place].device >= 0 else { return }
        let bill = bills[place]
        bills[place].device = -1
        sites[SiteKey(function: event.function, device: bill.device), default: LogCosts()] +=
            bill.costs
        if bill.mapping >= 0, table[bill.mapping].line == bill.line {
            table[bill.mapping].function = event.function
        }
        for place in bill.findings { result.findings[place].function = event.function }
    }

    // MARK: Costs and findings

    /// Prices one range of a call and books it.
    mutating func charge(
        _ bill: inout Bill, _ work: CallPrices.Work, _ direction: DMADirection,
        _ attributes: DMAAttributes, at address: UInt64, size: UInt64
    ) -> MaintenanceCounts {
        bill.costs.ranges += 1
        bill.costs.bytes &+= size
        guard !result.devices[Int(bill.device)].isCoherent else { return MaintenanceCounts() }
        do throws(LoweringError) {
            let counts = try prices.price(work, direction, attributes, at: address, size: size)
            bill.costs.maintenance += counts
            return counts
        } catch {
            bill.costs.unpriced = 1
            return MaintenanceCounts()
        }
    }

    /// Books the whole call.
    mutating func close(
        _ bill: inout Bill, _ half: LogDevice.Half, _ direction: DMADirection,
        _ attributes: DMAAttributes
    ) {
        bill.costs.calls = 1
        if !attributes.isDisjoint(with: Self.skipping) { bill.costs.skipped = 1 }
        result.devices[Int(bill.device)].costs[LogDevice.place(direction, half)] += bill.costs
    }

    private static let skipping: DMAAttributes = [.skipCPUSync, DMAAttributes(rawValue: 1 << 10)]

    /// Books something that is wrong.
    ///
    /// - Parameters:
    ///   - rule: Which rule is broken.
    ///   - bill: The event's bill.
    ///   - event: The event.
    ///   - address: The DMA address.
    ///   - size: How many bytes.
    ///   - line: The line of the log with what it does not agree with; 0: none.
    ///   - report: What dma-debug prints about it; nil: nothing.
    ///   - detail: What is wrong.
    mutating func find(
        _ rule: LogRule, _ bill: inout Bill, _ event: KernelLogEvent, at address: UInt64,
        size: UInt64, against line: UInt64, _ report: @autoclosure () -> LogReport?,
        _ detail: @autoclosure () -> String
    ) {
        let group = Group(rule: rule, device: event.device, direction: event.direction)
        if let known = groups[group] {
            result.findings[known].count += 1
            return
        }
        groups[group] = result.findings.count
        bill.findings.append(result.findings.count)
        let message = report().flatMap { report in
            debug.flatMap { settings in
                report.check.message(
                    report.arguments, device: result.devices[Int(event.device)].name, settings
                ).map { (report.check.name, $0) }
            }
        }
        result.findings.append(
            LogFinding(
                rule: rule, device: Int(event.device), line: event.line, otherLine: line,
                address: address, bytes: size, detail: detail(), check: message?.0,
                kernelMessage: message?.1))
    }

    /// Whether a mapping bounces, as the event before it on its core said.
    mutating func takeBounce(_ event: KernelLogEvent, size: UInt64) -> Bool {
        guard let next = bouncing[event.core], next.device == event.device, next.size == size
        else { return false }
        bouncing[event.core] = nil
        return true
    }

    /// Adds a mapping.
    mutating func insert(_ mapping: LoggedMapping, _ bill: inout Bill) -> Int32 {
        let place = table.insert(mapping)
        if bill.mapping < 0 { bill.mapping = place }
        let device = Int(mapping.device)
        result.devices[device].made += 1
        result.devices[device].live += 1
        result.devices[device].peak = max(
            result.devices[device].peak, result.devices[device].live)
        return place
    }

    /// Takes a mapping away.
    mutating func remove(_ place: Int32, line: UInt64) {
        let mapping = table[place]
        table.remove(place)
        history.note(mapping.device, mapping.dma, mapping, line: line)
        result.devices[Int(mapping.device)].released += 1
        result.devices[Int(mapping.device)].live -= 1
    }

    /// Whether an address is what a failed map returns, where addresses have 64 bits or 32.
    static func isError(_ address: UInt64) -> Bool {
        address == .max || address == 0xFFFF_FFFF
    }
}
