import Events
import Operations
import Quantities

/// What happened to a byte and all its copies, in the order of time.
public struct Biography: Codable, Hashable, Sendable {
    /// One thing that happened.
    public struct Entry: Codable, Hashable, Sendable {
        /// The position after the step that it happened in.
        public var position: Int
        /// When, in nanoseconds.
        public var nanoseconds: Double
        /// The line of the statement that led to it; 0: the end.
        public var line: Int
        /// Who.
        public var agent: String
        /// What.
        public var text: String
        /// All copies afterwards, from the cores outwards.
        public var copies: [Copy]
        /// Places whose copy has become stale by it.
        public var wentStale: [String]
    }

    /// A copy of the byte.
    public struct Copy: Codable, Hashable, Sendable {
        /// Where.
        public var place: String
        /// Its version.
        public var version: UInt32
        /// How old it is.
        public var freshness: Freshness
    }

    /// The byte.
    public var address: UInt64
    /// What people call it.
    public var name: String
    /// What happened.
    public var entries: [Entry]
    /// The writes that copies were of, ascending.
    public var versions: [SessionView.Version]

    /// In lines of text.
    public var text: String {
        let head = "The life of \(name) (0x\(String(address, radix: 16))):\n"
        return head
            + entries.map { entry in
                let copies = entry.copies.map { copy in
                    "\(copy.place) version \(copy.version)"
                        + (copy.freshness == .fresh ? "" : " \(copy.freshness.rawValue)")
                }.joined(separator: ", ")
                let stale = entry.wentStale.map { " Now stale: \($0)." }.joined()
                return
                    "step \(entry.position), line \(entry.line): \(entry.text). \(copies).\(stale)\n"
            }.joined()
    }
}

extension TraceSession {
    /// The life of a byte from the start to a position.
    ///
    /// - Parameters:
    ///   - address: Its physical address.
    ///   - end: Up to where; nil: the current position.
    /// - Returns: every event that wrote, moved, dropped or read a copy of it.
    /// - Complexity: O(*n*) in the events up to there.
    public func biography(of address: UInt64, to end: Int? = nil) -> Biography {
        let grain = state.grain
        let number = address / grain
        var state = Self.start(of: setup, only: number)
        var entries: [Biography.Entry] = []
        var shown: Set<UInt32> = [0]
        var before = copies(of: address, in: state)
        for step in 0..<min(end ?? position, count) {
            for event in events(of: step) {
                let isNamed = concerns(event, address, state)
                state.follow(event)
                guard isNamed, let text = words(event, address, state) else { continue }
                let after = copies(of: address, in: state)
                let stale = after.filter { copy in
                    copy.freshness == .stale
                        && before.first { $0.place == copy.place }?.freshness != .stale
                }
                shown.formUnion(after.map(\.version))
                entries.append(
                    Biography.Entry(
                        position: step + 1, nanoseconds: event.tick.nanoseconds,
                        line: line(of: Int(event.record)), agent: name(of: event.agent), text: text,
                        copies: after, wentStale: stale.map(\.place)))
                before = after
            }
            state.position += 1
        }
        return Biography(
            address: address, name: name(of: address), entries: entries,
            versions: shown.filter { $0 != ByteRuns.none }.sorted().map(version))
    }

    /// Whether an event may be about a byte.
    private func concerns(_ event: Event, _ address: UInt64, _ state: MachineState) -> Bool {
        switch event.kind {
        case .drain, .drainCopy, .slotEntered:
            return state.buffers.first { $0.number == event.detail }?.parts.contains {
                address >= $0.address && address - $0.address < $0.size
            } ?? false
        case .load, .store, .fetch, .linefill, .writeback, .invalidate, .deviceRead, .deviceWrite,
            .maintenance:
            return address >= event.address && address - event.address < UInt64(event.size)
        default: return false
        }
    }

    /// All copies of a byte.
    private func copies(of address: UInt64, in state: MachineState) -> [Biography.Copy] {
        let number = address / state.grain
        let byte = Int(address % state.grain)
        let line = state.lines[number] ?? LineState()
        var result: [(place: Place, copy: Biography.Copy)] = []
        for entry in state.buffers {
            let part = entry.parts.last { address >= $0.address && address - $0.address < $0.size }
            guard let part else { continue }
            let isLatest = part.version == line.latest[byte]
            result.append(
                (
                    entry.place,
                    Biography.Copy(
                        place: entry.place.name, version: part.version,
                        freshness: isLatest ? .fresh : .behind)
                ))
        }
        for place in line.copies.map(\.place) + [.memory] {
            let bytes =
                place == .memory
                ? line.memory : line.index(of: place).map { line.copies[$0].bytes }
            guard let version = bytes?[byte], version != ByteRuns.none else { continue }
            let isOld = state.freshness(of: number, in: place, byte: byte)
            result.append(
                (
                    place,
                    Biography.Copy(place: place.name, version: version, freshness: isOld)
                ))
        }
        return result.enumerated().sorted {
            ($0.element.place.depth, $0.offset) < ($1.element.place.depth, $1.offset)
        }.map(\.element.copy)
    }

    /// An event about a byte in words; nil: nothing to tell.
    private func words(_ event: Event, _ address: UInt64, _ state: MachineState) -> String? {
        let agent = name(of: event.agent)
        let place = event.place.name
        let other = event.otherPlace.name
        let reason = MoveReason(rawValue: event.detail).map(Self.words) ?? ""
        switch event.kind {
        case .load: return "\(agent) read it from \(place)"
        case .fetch: return "\(agent) fetched it from \(place)"
        case .store: return "\(agent) wrote version \(state.versions) into \(place)"
        case .linefill: return "\(place) took the line from \(other), \(reason)"
        case .writeback: return "\(place) wrote the line to \(other), \(reason)"
        case .invalidate:
            return
                "\(place) gave the line up\(event.other == 1 ? " with its dirty bytes" : ""), \(reason)"
        case .drain: return "\(place) drained it to \(other)"
        case .drainCopy: return "\(place) wrote it through to \(other)"
        case .slotEntered: return "it went on to \(Place.outerStoreBuffer.name)"
        case .deviceRead: return "\(agent) read it from \(place)"
        case .deviceWrite: return "\(agent) wrote version \(state.versions) to \(place)"
        case .maintenance: return "\(agent) maintained the line, as far as \(place)"
        default: return nil
        }
    }
}
