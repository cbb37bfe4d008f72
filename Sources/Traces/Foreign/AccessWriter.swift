import Operations

/// Writes accesses as extended din or as lackey's text.
///
/// Neither format can say everything; what is lost is counted by kind (``losses``), never dropped in silence. A load
/// and a store that lackey printed as one `M` are written as `L` and `S`: the same accesses, one record more.
public final class AccessWriter {
    /// Where the text goes.
    public let sink: ByteSink
    /// The format that is written.
    public let format: TraceFormat
    /// How many records were written.
    public private(set) var recordCount: UInt64 = 0

    private var lossCounts = Array(repeating: UInt64(0), count: Loss.allCases.count)

    /// Makes a writer.
    ///
    /// - Precondition: `format` is `extendedDin` or `lackey`.
    public init(to sink: ByteSink, format: TraceFormat) {
        precondition(Self.formats.contains(format), "no writer for \(format.name)")
        self.sink = sink
        self.format = format
    }

    /// The formats that can be written.
    public static let formats: [TraceFormat] = [.extendedDin, .lackey]

    /// What the format could not say, by kind, those that occurred.
    public var losses: [(kind: String, count: UInt64)] {
        zip(Loss.allCases, lossCounts).filter { $0.1 > 0 }.map {
            (kind: $0.0.rawValue, count: $0.1)
        }
    }

    /// Writes accesses, one record each.
    public func write(_ block: UnsafeBufferPointer<MemoryAccess>) throws(TraceErrors) {
        for access in block { try write(access) }
    }

    /// Writes one access.
    public func write(_ access: MemoryAccess) throws(TraceErrors) {
        guard let tag = format == .lackey ? lackeyTag(access.kind) : letter(access.kind) else {
            return
        }
        if access.agent != .core(0) { lose(.core) }
        if access.isDependent { lose(.dependence) }
        recordCount &+= 1
        let isLackey = format == .lackey
        // The longest: three characters, 16 digits, a comma, 10 digits, a newline.
        try sink.reserve(32) { text in
            var writer = DigitWriter(text)
            writer.put(tag)
            if isLackey {
                writer.putHexadecimal(access.address, digits: 8)
                writer.put(0x2C)
                writer.putDecimal(access.size)
            } else {
                writer.putHexadecimal(access.address, digits: 1)
                writer.put(0x20)
                writer.putHexadecimal(UInt64(access.size), digits: 1)
            }
            writer.put(0x0A)
            return writer.count
        }
    }

    /// Writes what is still buffered, and closes the file.
    public func finish() throws(TraceErrors) { try sink.finish() }

    // MARK: - Kinds

    private enum Loss: String, CaseIterable {
        case exclusive = "exclusive written as plain"
        case ordered = "acquire or release written as plain"
        case miscellaneous = "miscellaneous read written as load"
        case prefetch = "prefetch hint left out"
        case copyBack = "copy-back left out"
        case invalidate = "invalidate left out"
        case core = "core number left out"
        case dependence = "dependence on the load before left out"
    }

    private func lose(_ loss: Loss) {
        for (place, candidate) in Loss.allCases.enumerated() where candidate == loss {
            lossCounts[place] &+= 1
        }
    }

    /// The characters before the address in extended din; nil for what has none.
    private func letter(_ kind: AccessKind) -> StaticString? {
        switch kind {
        case .miscellaneousRead: return "m "
        case .copyBack: return "c "
        case .invalidate: return "v "
        default: return plain(kind, load: "r ", store: "w ", fetch: "i ")
        }
    }

    /// The characters before the address in lackey's text; nil for what has none.
    private func lackeyTag(_ kind: AccessKind) -> StaticString? {
        switch kind {
        case .miscellaneousRead:
            lose(.miscellaneous)
            return " L "
        case .copyBack:
            lose(.copyBack)
            return nil
        case .invalidate:
            lose(.invalidate)
            return nil
        default: return plain(kind, load: " L ", store: " S ", fetch: "I  ")
        }
    }

    private func plain(
        _ kind: AccessKind, load: StaticString, store: StaticString, fetch: StaticString
    ) -> StaticString? {
        switch kind {
        case .load: return load
        case .store: return store
        case .fetch: return fetch
        case .loadExclusive, .storeExclusive: lose(.exclusive)
        case .loadAcquire, .storeRelease: lose(.ordered)
        case .prefetch, .miscellaneousRead, .copyBack, .invalidate:
            lose(.prefetch)
            return nil
        }
        return kind.isStore ? store : load
    }
}
