import DMAMapping
import Operations
import Traces

// What a call says otherwise than its map, and lines that mappings share. dma-debug's checks come one after the other,
// and each that applies prints its message (kernel/dma/debug.c, check_unmap and check_sync): so do these.

/// What dma-debug says of a call: a check, and what its text's placeholders stand for.
struct LogReport {
    var check: DMADebugCheck
    var arguments: [DMADebugText.Argument]

    init(_ check: DMADebugCheck, _ arguments: DMADebugText.Argument...) {
        self.check = check
        self.arguments = arguments
    }
}

extension KernelLogAudit {
    /// Finds what a release says otherwise than its map.
    ///
    /// - Parameters:
    ///   - mapping: The mapping that fits best.
    ///   - isMeant: Whether the kernel finds it, too: of several at one address none is found that differs.
    ///   - event: The release.
    ///   - kind: What it is of, if nobody made a mistake.
    ///   - bill: The event's bill.
    mutating func compare(
        _ mapping: LoggedMapping, isMeant: Bool, with event: KernelLogEvent,
        _ kind: LoggedMapping.Kind, _ bill: inout Bill
    ) {
        let direction = event.direction ?? mapping.direction
        guard mapping.size != event.size || mapping.kind != kind || mapping.direction != direction
        else { return }
        let place = DMADebugText.Argument.number(event.dmaAddress)
        let size = DMADebugText.Argument.number(event.size)
        var wrong: [(rule: LogRule, report: LogReport?, detail: String)] = []
        if mapping.size != event.size {
            wrong.append(
                (
                    .releasedWithOtherSize, LogReport(.e4, place, .number(mapping.size), size),
                    "\(mapping.size) bytes mapped, \(event.size) released"
                ))
        }
        if mapping.kind != kind {
            wrong.append(
                (
                    .releasedByOtherFunction, otherFunction(mapping.kind, kind, place, size),
                    "made by \(mapping.kind.name), released as by \(kind.name)'s counterpart"
                ))
        }
        if mapping.direction != direction {
            wrong.append(
                (
                    .releasedWithOtherDirection,
                    LogReport(
                        .e8, place, size, .text(mapping.direction.kernelName),
                        .text(direction.kernelName)),
                    "mapped \(mapping.direction.name), released \(direction.name)"
                ))
        }
        for (index, one) in wrong.enumerated() {
            let report = isMeant ? one.report : index == 0 ? LogReport(.e3, place, size) : nil
            find(
                one.rule, &bill, event, at: event.dmaAddress, size: event.size,
                against: mapping.line, report, one.detail)
        }
    }

    /// What dma-debug says of another function: nothing if the two are of one type to it.
    private func otherFunction(
        _ made: LoggedMapping.Kind, _ released: LoggedMapping.Kind,
        _ place: DMADebugText.Argument, _ size: DMADebugText.Argument
    ) -> LogReport? {
        guard let debug else { return nil }
        let types = [made, released].map { debug.type(of: $0.function) }
        guard types[0] != types[1] else { return nil }
        return LogReport(.e5, place, size, .text(types[0]), .text(types[1]))
    }

    /// Finds what the release of a list says otherwise than its map.
    mutating func compare(
        _ list: LoggedMapping, with event: KernelLogEvent, _ direction: DMADirection,
        entries: Int, _ bill: inout Bill
    ) {
        if !list.isTruncated, !event.isTruncated, entries != Int(list.entries) {
            find(
                .otherEntryCount, &bill, event, at: list.dma, size: list.size, against: list.line,
                LogReport(.e7, .number(UInt64(list.entries)), .number(UInt64(entries))),
                "\(list.entries) entries mapped, \(entries) released: a release takes the count that was "
                    + "given to dma_map_sg, not the one it returned")
        }
        if direction != list.direction {
            find(
                .releasedWithOtherDirection, &bill, event, at: list.dma, size: list.size,
                against: list.line,
                LogReport(
                    .e8, .number(list.dma), .number(list.size), .text(list.direction.kernelName),
                    .text(direction.kernelName)),
                "mapped \(list.direction.name), released \(direction.name)")
        }
    }

    /// Finds what a sync says otherwise than its map.
    mutating func compare(
        _ mapping: LoggedMapping, _ bill: inout Bill, _ event: KernelLogEvent,
        _ half: LogDevice.Half, _ direction: DMADirection, at address: UInt64, size: UInt64
    ) {
        guard mapping.direction != .bidirectional, mapping.direction != direction else { return }
        let arguments: [DMADebugText.Argument] = [
            .number(address), .number(mapping.size), .text(mapping.direction.kernelName),
            .text(direction.kernelName),
        ]
        let words = "mapped \(mapping.direction.name), synced \(direction.name)"
        find(
            .syncWithOtherDirection, &bill, event, at: address, size: size, against: mapping.line,
            LogReport(.e15, all: arguments), words)
        let other: (LogRule, DMADebugCheck)?
        switch half {
        case .forCPU where mapping.direction != .fromDevice && direction != .toDevice:
            other = (.syncForCPUOfReadOnly, .e16)
        case .forDevice where mapping.direction != .toDevice && direction != .fromDevice:
            other = (.syncForDeviceOfWriteOnly, .e17)
        default: other = nil
        }
        guard let (rule, check) = other else { return }
        find(
            rule, &bill, event, at: address, size: size, against: mapping.line,
            LogReport(check, all: arguments), words)
    }

    // MARK: Lines

    /// Finds live mappings of any device in the first or the last line of a new one, where a device writes to one of the
    /// two and caches are maintained for one.
    mutating func findSharedLines(
        _ new: LoggedMapping, _ event: KernelLogEvent, _ bill: inout Bill
    ) {
        guard new.cachedBytes > 0, new.attributes.isDisjoint(with: .skipCPUSync) else { return }
        let isCoherent = result.devices[Int(new.device)].isCoherent
        let lineSize = lineSize
        let mask = ~(lineSize - 1)
        let first = new.physical & mask
        let (end, overflow) = new.physical.addingReportingOverflow(new.cachedBytes - 1)
        let last = (overflow ? .max : end) & mask
        var other: LoggedMapping?
        var line = first
        while true {
            table.forEach(inLine: line, of: lineSize) { mapping in
                guard mapping.line != new.line,
                    mapping.attributes.isDisjoint(with: .skipCPUSync),
                    mapping.direction.deviceWrites || new.direction.deviceWrites,
                    !(isCoherent && result.devices[Int(mapping.device)].isCoherent)
                else { return }
                other = mapping
            }
            if line == last { break }
            line = last
        }
        guard let other else { return }
        let isSeen = seesOverlap(other, new)
        let owner = result.devices[Int(other.device)].name
        find(
            .sharedLine, &bill, event, at: new.dma, size: new.size, against: other.line,
            isSeen ? LogReport(.e23) : nil,
            "\(other.size) bytes at the physical address 0x\(String(other.physical, radix: 16)) are mapped "
                + other.direction.name + (other.device == new.device ? "" : " for \(owner)")
                + " in the same line of \(lineSize) bytes")
    }

    /// Whether dma-debug sees an overlap: it knows of the first line alone, a line of the kernel's, and of what the CPU
    /// does not only hand over.
    private func seesOverlap(_ one: LoggedMapping, _ other: LoggedMapping) -> Bool {
        guard let debug, !debug.hidesOverlap else { return false }
        return one.physical / debug.lineSize == other.physical / debug.lineSize
            && one.direction != .toDevice && other.direction != .toDevice
    }
}

extension LogReport {
    fileprivate init(_ check: DMADebugCheck, all arguments: [DMADebugText.Argument]) {
        self.check = check
        self.arguments = arguments
    }
}

extension LoggedMapping.Kind {
    /// The function that makes it.
    fileprivate var function: DMACall.Function {
        switch self {
        case .page: .mapPage
        case .resource: .mapResource
        case .list: .mapSG
        case .coherent: .allocCoherent
        case .pages: .allocPages
        case .table: .allocNoncontiguous
        }
    }
}
