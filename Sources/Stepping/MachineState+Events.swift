import Events
import Hazards
import Operations
import Quantities

extension MachineState {
    /// Follows an event.
    mutating func follow(_ event: Event) {
        if event.kind != .time { tick = max(tick, event.tick) }
        switch event.kind {
        case .load, .fetch: touch(event)
        case .store: store(event)
        case .linefill: fill(event)
        case .writeback: writeBack(event)
        case .invalidate: drop(event)
        case .drain: drain(event, keeping: false)
        case .drainCopy: drain(event, keeping: true)
        case .slotEntered: enterSlot(event)
        case .deviceRead:
            touch(event)
            move(event) { $0.read += UInt64(event.size) }
        case .deviceWrite:
            store(event)
            move(event) { $0.written += UInt64(event.size) }
        case .deviceStart: start(event)
        case .deviceDone: finish(event)
        case .time: times[event.agent.index][Int(event.other)] += event.address
        case .memoryTraffic: memoryTraffic += UInt64(event.size)
        case .doorbell, .completionObserved, .maintenance, .barrier, .levelRead, .levelWrite,
            .exclusiveFailed, .prefetch:
            break
        }
    }

    // MARK: Lines

    /// The lines of a range, each with the bytes of it that the range has.
    func pieces(_ address: UInt64, _ size: UInt64) -> [(line: UInt64, bytes: Range<Int>)] {
        guard size > 0 else { return [] }
        let (sum, overflow) = address.addingReportingOverflow(size - 1)
        let last = overflow ? UInt64.max : sum
        var result: [(line: UInt64, bytes: Range<Int>)] = []
        for line in (address / grain)...(last / grain) {
            if let only, only != line { continue }
            let start = line * grain
            let low = Int(max(address, start) - start)
            let high = Int(min(last, start + (grain - 1)) - start)
            result.append((line, low..<high + 1))
        }
        return result
    }

    private func isRegister(_ address: UInt64) -> Bool {
        !registers.isEmpty && registers.contains { $0.contains(address) }
    }

    /// Changes the lines of a range, which are followed from now on.
    private mutating func change(
        _ address: UInt64, _ size: UInt64, _ body: (inout LineState, Range<Int>) -> Void
    ) {
        if isRegister(address) { return }
        for (line, bytes) in pieces(address, size) {
            guard lines.count < Self.lineLimit || lines[line] != nil else {
                untracked += 1
                continue
            }
            body(&lines[line, default: LineState()], bytes)
        }
    }

    private mutating func touch(_ event: Event) {
        change(event.address, UInt64(event.size)) { _, _ in }
    }

    private mutating func store(_ event: Event) {
        versions += 1
        let version = versions
        if event.place.isBuffer { buffer(event, version) }
        let isKept = Self.isCache(event.place)
        change(event.address, UInt64(event.size)) { line, bytes in
            line.latest.set(bytes, to: version)
            if isKept {
                Self.write(&line, event.place, bytes, isDirty: true) { $0.set(bytes, to: version) }
            } else if event.place == .memory {
                line.memory.set(bytes, to: version)
            }
        }
    }

    static func isCache(_ place: Place) -> Bool {
        place.isDataCache || place.isLevel1Instruction
    }

    private static func mask(_ bytes: Range<Int>) -> UInt64 {
        (bytes.count >= 64 ? UInt64.max : (1 << UInt64(bytes.count)) - 1)
            << UInt64(bytes.lowerBound)
    }

    private static func write(
        _ line: inout LineState, _ place: Place, _ bytes: Range<Int>, isDirty: Bool,
        _ body: (inout ByteRuns) -> Void
    ) {
        guard isCache(place) else {
            if place == .memory { body(&line.memory) }
            return
        }
        let index = line.placeOfCopy(place)
        body(&line.copies[index].bytes)
        if isDirty { line.copies[index].dirty |= mask(bytes) }
    }

    /// A place took a line.
    private mutating func fill(_ event: Event) {
        change(event.address, UInt64(event.size)) { line, bytes in
            let source =
                line.index(of: event.otherPlace).map { line.copies[$0].bytes } ?? line.memory
            let memory = line.memory
            Self.write(&line, event.place, bytes, isDirty: false) {
                $0.set(bytes, to: source, else: memory)
            }
            guard let index = line.index(of: event.place) else { return }
            line.copies[index].reason = MoveReason(rawValue: event.detail) ?? .demand
            line.copies[index].source = event.otherPlace
            line.copies[index].since = event.tick
        }
    }

    /// A place wrote a line on; the line stays, clean.
    private mutating func writeBack(_ event: Event) {
        change(event.address, UInt64(event.size)) { line, bytes in
            guard let index = line.index(of: event.place) else { return }
            let copy = line.copies[index]
            line.copies[index].dirty &= ~Self.mask(bytes)
            let memory = line.memory
            let isNew = line.index(of: event.otherPlace) == nil
            Self.write(&line, event.otherPlace, bytes, isDirty: false) {
                if isNew, event.otherPlace != .memory {
                    $0.set(bytes, to: copy.bytes, else: memory)
                } else {
                    $0.set(bytes, to: copy.bytes)
                }
            }
            if let below = line.index(of: event.otherPlace) {
                line.copies[below].dirty |= copy.dirty & Self.mask(bytes)
            }
        }
    }

    /// A place gave a line up.
    private mutating func drop(_ event: Event) {
        let whole = 0..<Int(grain)
        change(event.address, UInt64(event.size)) { line, bytes in
            guard let index = line.index(of: event.place) else { return }
            let mask = Self.mask(bytes)
            let dirty = line.copies[index].dirty & mask
            line.copies[index].dirty &= ~mask
            line.copies[index].bytes.set(bytes, to: ByteRuns.none)
            // A line that moved took its modified bytes along, to the L1D of the core that asked.
            if event.detail == MoveReason.exchange.rawValue, dirty != 0,
                let taker = line.index(of: .level1Data(event.agent.index))
            {
                line.copies[taker].dirty |= dirty
            }
            let left = line.copies[index].bytes.runs(in: whole)
            if left.allSatisfy({ $0.version == ByteRuns.none }) { line.copies.remove(at: index) }
        }
    }

    // MARK: Buffers

    private mutating func buffer(_ event: Event, _ version: UInt32) {
        if isRegister(event.address) { return }
        if let only, pieces(event.address, UInt64(event.size)).allSatisfy({ $0.line != only }) {
            return
        }
        let part = BufferedEntry.Part(address: event.address, size: event.size, version: version)
        if let place = buffers.firstIndex(where: { $0.number == event.detail }) {
            buffers[place].parts.append(part)
        } else {
            buffers.append(
                BufferedEntry(number: event.detail, place: event.place, parts: [part]))
        }
    }

    private mutating func drain(_ event: Event, keeping: Bool) {
        guard let place = buffers.firstIndex(where: { $0.number == event.detail }) else { return }
        for part in buffers[place].parts {
            change(part.address, UInt64(part.size)) { line, bytes in
                Self.write(&line, event.otherPlace, bytes, isDirty: !keeping) {
                    $0.set(bytes, to: part.version)
                }
            }
        }
        if !keeping { buffers.remove(at: place) }
    }

    /// Moves an entry of a core's buffer into a slot of the outer store buffer.
    private mutating func enterSlot(_ event: Event) {
        guard let place = buffers.firstIndex(where: { $0.number == event.detail }) else { return }
        let entry = buffers.remove(at: place)
        if let slot = buffers.firstIndex(where: { $0.number == event.size }) {
            buffers[slot].parts += entry.parts
        } else {
            buffers.append(
                BufferedEntry(number: event.size, place: event.otherPlace, parts: entry.parts))
        }
    }

    // MARK: Devices

    private mutating func move(_ event: Event, _ count: (inout DeviceActivity) -> Void) {
        guard !event.agent.isCore else { return }
        let device = event.agent.index
        count(&devices[device])
        let work = devices[device].work
        if let place = work.firstIndex(where: { $0.isRunning && $0.record == event.record }) {
            devices[device].work[place].moved += UInt64(event.size)
        }
    }

    private mutating func start(_ event: Event) {
        let device = event.agent.index
        let work = devices[device].work
        if let place = work.firstIndex(where: { !$0.isRunning && $0.record == event.record }) {
            devices[device].work[place].isRunning = true
        } else {
            devices[device].work.append(
                DeviceWork(record: event.record, operation: nil, isRunning: true))
        }
    }

    private mutating func finish(_ event: Event) {
        let device = event.agent.index
        let work = devices[device].work
        guard let place = work.firstIndex(where: { $0.isRunning && $0.record == event.record })
        else { return }
        devices[device].work.remove(at: place)
        devices[device].finished += 1
    }
}
