import Operations
import Quantities
import Traces

/// The call that an event of a log becomes, while it is made.
struct CallMaker {
    /// The event.
    let event: KernelLogEvent
    /// Which core calls.
    let core: Agent
    /// For which device.
    let device: LogConversion.Device
    /// What there is so far.
    var out: ConvertedEvent

    /// Adds a call.
    mutating func say(_ call: DMACall) {
        var annotations: Annotations?
        if let time = event.time {
            annotations = Annotations()
            annotations?.time =
                time % 1_000 == 0
                ? Annotations.Stamp(value: time / 1_000, unit: "us")
                : Annotations.Stamp(value: time, unit: "ns")
        }
        out.parts.append(ConvertedEvent.Part(.operation(core, .dma(call)), annotations))
    }

    /// Adds a mark that says what the event was, and why it is no call or not all of it.
    mutating func mark(_ reason: String) {
        let event = event
        var text = "log \(event.line): \(event.kind.tracepoint) \(device.shown)"
        if event.dmaAddress != 0 || event.size != 0 {
            text += " \(LogConversion.hexadecimal(event.dmaAddress)) \(event.size)"
        }
        if let direction = event.direction { text += " \(direction.name)" }
        out.add(mark: text + ": " + reason)
    }
}

extension LogConversion {
    /// Says that an event is no call.
    mutating func refuse(_ call: inout CallMaker, _ note: ConversionNotes.Kind, _ reason: String) {
        notes.add(note)
        call.mark(reason)
    }

    /// The attributes that a call can have; of others a mark is made.
    mutating func attributes(
        _ call: inout CallMaker, of function: DMACall.Function
    ) -> DMAAttributes {
        let given = call.event.attributes
        guard !given.isEmpty else { return [] }
        var sayable: DMAAttributes = []
        switch function {
        // The function itself says that this is no memory.
        case .mapResource, .unmapResource: sayable = []
        case .freeCoherent, .freePages, .freeNoncontiguous: sayable = []
        default: sayable = DMAAttributes(rawValue: 1 << UInt32(DMAAttributes.names.count) - 1)
        }
        var rest = given.subtracting(sayable)
        if function == .mapResource || function == .unmapResource { rest.remove(Self.mmio) }
        if !rest.isEmpty {
            notes.add(.attributes)
            call.mark("attributes \(Self.hexadecimal(UInt64(rest.rawValue))) are not said")
        }
        return given.intersection(sayable)
    }

    /// `DMA_ATTR_MMIO`.
    static let mmio = DMAAttributes(rawValue: 1 << 10)

    /// Whether bytes can be named by a call: some, below the last page of the address space.
    mutating func isSayable(_ call: inout CallMaker, _ address: UInt64, _ size: UInt64) -> Bool {
        guard size > 0 else {
            refuse(&call, .noBytes, "no bytes")
            return false
        }
        let (end, overflow) = address.addingReportingOverflow(size)
        guard !overflow, end <= UInt64.max - 8_192 else {
            refuse(&call, .outOfSpace, "the end of the address space")
            return false
        }
        return true
    }

    /// Gives what is made a name, and its call to the program.
    mutating func make(_ call: inout CallMaker, _ made: DMACall) -> Made {
        var made = made
        let handle = handles.take(from: &symbols)
        made.handle = handle
        made.device = call.device.agent
        made.attributes = attributes(&call, of: made.function)
        symbols.update(
            handle,
            to: SymbolTable.Entry(
                name: symbols[handle]?.name ?? "", kind: .handle,
                address: made.segments.first?.start.address.rawValue ?? 0,
                size: made.segments.reduce(0) { $0 &+ $1.size }))
        call.say(made)
        return Made(function: made.function, handle: handle, entries: made.segments.count)
    }

    /// Keeps what was made until it is released.
    @discardableResult
    mutating func insert(_ mapping: LoggedMapping, _ made: Made) -> Int32 {
        let place = table.insert(mapping)
        while self.made.count <= Int(place) {
            self.made.append(Made(function: .mapPage, handle: .none))
        }
        self.made[Int(place)] = made
        return place
    }

    /// Takes one mapping away, and remembers where it was.
    mutating func remove(_ place: Int32, addresses: [UInt64] = []) {
        let mapping = table[place]
        table.remove(place)
        let handle = made[Int(place)].handle
        guard handle != .none, mapping.kind != .list || mapping.isHead else { return }
        handles.release(handle, device: mapping.device, addresses: [mapping.dma] + addresses)
    }

    /// The marks at the end of a program: what was not said, in numbers.
    func summary(_ reader: KernelLogReader) -> ConvertedEvent {
        var out = ConvertedEvent()
        out.isSummary = true
        for note in notes.all { out.add(mark: "log: \(note.count) × \(note.kind)") }
        for (kind, count) in Self.leftOut(reader) { out.add(mark: "log: \(count) × \(kind)") }
        return out
    }

    /// The lines of a log that are no events of the DMA API, and words that mean nothing here, by kind.
    public static func leftOut(_ reader: KernelLogReader) -> [(kind: String, count: UInt64)] {
        let lines = reader.counts.filter { !$0.isEvent }.map {
            $0.kind == "stack"
                ? (kind: "lines of stacks, said as the caller's name", count: $0.count)
                : (kind: "lines of another kind: \($0.kind.prefix(100))", count: $0.count)
        }
        let words = reader.unknownWords.map {
            (kind: "words of later kernels: \($0.word.prefix(100))", count: $0.count)
        }
        let shown = (lines + words).prefix(100)
        let further = (lines + words).dropFirst(100).reduce(0) { $0 + $1.count }
        return shown
            + (further > 0 ? [(kind: "lines and words of further kinds", count: further)] : [])
    }
}
