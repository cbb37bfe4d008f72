import Operations

/// The text of one event: `DEVICE key=value …`, or the fields as the kernel stored them.
///
/// Four dialects of arrays (linux-dma.md §4.2): `{0x80001000,0x80003000}` of the kernel and of libtraceevent from 1.8.4
/// on; decimals with blanks between, which older ones print of what they can read; and, of what they cannot,
/// `[FAILED TO PARSE]` with all fields of the event, arrays as their bytes: `ARRAY[00, 10, 00, 80]`, the lowest first.
struct KernelLogText {
    let line: UnsafeBufferPointer<UInt8>
    var place: Int
    /// What the line gave so far.
    var fields = KernelLogFields()
    var event: KernelLogEvent
    /// The device's name.
    var device = 0..<0
    /// Whether the fields are printed as they are stored.
    private let isRaw: Bool

    /// A word that nothing here knows, a key or an attribute that later kernels may have: not a fault.
    var unknown: [Range<Int>] = []

    /// Starts at the text of an event.
    init(_ line: UnsafeBufferPointer<UInt8>, at text: Int, _ event: KernelLogEvent) {
        self.line = line
        self.event = event
        isRaw = KernelLogHead.isWord("[FAILED TO PARSE]", line, text)
        place = isRaw ? text + 17 : text
    }

    /// Reads the whole text.
    mutating func parse(into lists: KernelLogLists) throws(LineFault) {
        if !isRaw { try parseDevice() }
        while true {
            skipBlanks()
            guard place < line.count else { return }
            let start = place
            while place < line.count, KernelLogHead.isName(line[place]) { place += 1 }
            if place < line.count, line[place] == UInt8(ascii: "="), place > start {
                let key = start..<place
                place += 1
                try parseValue(of: key, into: lists)
                guard place == line.count || line[place] == 0x20 else {
                    throw fault(at: place, expected: "a blank after the value")
                }
            } else {
                try parseWord(from: start)
            }
        }
    }

    // MARK: Words

    /// The device's name: all before the first key.
    private mutating func parseDevice() throws(LineFault) {
        if KernelLogHead.isWord("dev_name: ", line, place) { place += 10 }
        let start = place
        var equals = place
        while equals < line.count, line[equals] != UInt8(ascii: "=") { equals += 1 }
        guard equals < line.count else {
            throw fault(at: start, expected: "a device and fields such as dma_addr=80001000")
        }
        var end = equals
        while end > start, line[end - 1] != 0x20 { end -= 1 }
        place = end
        while end > start, line[end - 1] == 0x20 { end -= 1 }
        guard end > start else { throw fault(at: start, expected: "a device's name") }
        device = start..<end
    }

    /// A word without a value.
    private mutating func parseWord(from start: Int) throws(LineFault) {
        place = start
        while place < line.count, line[place] != 0x20 { place += 1 }
        let word = start..<place
        if KernelLogHead.isWord("[TRUNCATED]", line, word) {
            event.isTruncated = true
        } else if event.kind == .bounced,
            KernelLogHead.isWord("FORCE", line, word) || KernelLogHead.isWord("NORMAL", line, word)
                || KernelLogHead.isWord("NO_FORCE", line, word)
        {
        } else {
            throw fault(at: start, expected: "a field such as dma_addr=80001000")
        }
    }

    private mutating func parseValue(
        of key: Range<Int>, into lists: KernelLogLists
    ) throws(LineFault) {
        switch key.count {
        case 3 where isKey("dir", key): try parseDirection()
        case 4 where isKey("size", key): event.size = try field(.size, key, decimal: true)
        case 5 where isKey("attrs", key):
            try note(.attributes, key)
            event.attributes = try parseAttributes()
        case 8 where isKey("dma_addr", key), 8 where isKey("dev_addr", key):
            event.dmaAddress = try field(.dmaAddress, key)
        case 9 where isKey("phys_addr", key):
            event.physicalAddress = try field(.physicalAddress, key)
        case 4 where isRaw && isKey("addr", key):
            event.dmaAddress = try field(.dmaAddress, key)
        case 6 where isRaw && isKey("device", key), 8 where isRaw && isKey("dev_name", key):
            device = takeWord()
        case 9 where isKey("virt_addr", key):
            try note(.virtualAddress, key)
            event.isNull = Self.isNull(line, takeWord())
        default: try parseListValue(of: key, into: lists)
        }
    }

    /// The fields of lists, and those that say nothing here.
    private mutating func parseListValue(
        of key: Range<Int>, into lists: KernelLogLists
    ) throws(LineFault) {
        if isKey("dma_addrs", key) {
            // The kernel's name for it in `dma_map_sg_err`; what it prints there are physical addresses.
            let isPhysical = event.kind == .mapSGError && !isRaw
            try note(isPhysical ? .physicalAddresses : .dmaAddresses, key)
            if isPhysical {
                try parseArray(8, into: &lists.physicalAddresses)
            } else {
                try parseArray(8, into: &lists.dmaAddresses)
            }
        } else if isKey("phys_addrs", key) || isRaw && isKey("addrs", key) {
            try note(.physicalAddresses, key)
            try parseArray(8, into: &lists.physicalAddresses)
        } else if isKey("sizes", key) || isRaw && isKey("lengths", key) {
            try note(.sizes, key)
            try parseArray(4, into: &lists.sizes)
        } else if isKey("nents", key) || isRaw && isKey("full_nents", key) {
            try note(.entries, key)
            event.entries = Int(clamping: try parseCount())
        } else if isKey("ents", key) || isRaw && isKey("full_ents", key) {
            try note(.segments, key)
            event.segments = Int(clamping: try parseCount())
        } else if isRaw && isKey("truncated", key) {
            event.isTruncated = try number(decimal: true) != 0
        } else if isKey("flags", key) || isKey("err", key) || isKey("dma_mask", key)
            || isKey("force", key)
        {
            _ = takeWord()
        } else {
            unknown.append(key)
            _ = takeWord()
        }
    }

    @inline(__always)
    private func isKey(_ word: StaticString, _ key: Range<Int>) -> Bool {
        KernelLogHead.isWord(word, line, key)
    }

    // MARK: Values

    /// Books a field, once.
    @inline(__always)
    private mutating func note(_ field: KernelLogFields, _ key: Range<Int>) throws(LineFault) {
        guard fields.isDisjoint(with: field) else {
            throw LineFault(
                column: key.lowerBound + 1, found: "\(shown(line[key])) a second time",
                expected: "each field once")
        }
        fields.formUnion(field)
    }

    @inline(__always)
    private mutating func field(
        _ field: KernelLogFields, _ key: Range<Int>, decimal: Bool = false
    ) throws(LineFault) -> UInt64 {
        try note(field, key)
        return try number(decimal: decimal)
    }

    /// A number: hexadecimal without a prefix as the kernel prints addresses, or decimal.
    ///
    /// Stored fields are decimal unless they have a prefix.
    @inline(__always)
    private mutating func number(decimal: Bool) throws(LineFault) -> UInt64 {
        let start = place
        var isHexadecimal = !decimal && !isRaw
        if place + 1 < line.count, line[place] == UInt8(ascii: "0"),
            line[place + 1] == UInt8(ascii: "x")
        {
            place += 2
            isHexadecimal = true
        }
        let first = place
        var value: UInt64 = 0
        var isOver = false
        if isHexadecimal {
            while place < line.count, let digit = HexWord.digit(line[place]) {
                isOver = isOver || value &>> 60 != 0
                value = value &<< 4 | digit
                place += 1
            }
        } else {
            while place < line.count, KernelLogHead.isDigit(line[place]) {
                let (tens, over) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tens.addingReportingOverflow(UInt64(line[place] & 15))
                isOver = isOver || over || carry
                value = sum
                place += 1
            }
        }
        guard place > first, !isOver else {
            throw fault(
                at: start,
                expected: isOver
                    ? "a number within 64 bits"
                    : "a \(isHexadecimal ? "hexadecimal" : "decimal") number")
        }
        return value
    }

    private mutating func parseDirection() throws(LineFault) {
        let start = place
        let word = takeWord()
        try note(.direction, start - 4..<start - 1)
        if isKey("TO_DEVICE", word) {
            event.direction = .toDevice
        } else if isKey("FROM_DEVICE", word) {
            event.direction = .fromDevice
        } else if isKey("BIDIRECTIONAL", word) {
            event.direction = .bidirectional
        } else if isKey("NONE", word) {
            // The kernel stops at such a call; here it has none.
            unknown.append(start - 4..<place)
        } else if KernelLogHead.isDigit(line[start..<word.upperBound].first ?? 0) {
            place = start
            let number = try number(decimal: true)
            if isRaw, number < 3 {
                event.direction = DMADirection(rawValue: UInt8(number))
            } else {
                unknown.append(start - 4..<place)
            }
        } else {
            throw fault(
                at: start,
                expected: "a direction: TO_DEVICE, FROM_DEVICE or BIDIRECTIONAL"
                    + (isRaw ? ", as 1, 2 or 0" : ""))
        }
    }

    /// `N`, or `N/M`: of M entries N are told.
    private mutating func parseCount() throws(LineFault) -> UInt64 {
        let told = try number(decimal: true)
        guard place < line.count, line[place] == UInt8(ascii: "/") else { return told }
        place += 1
        return try number(decimal: true)
    }

    /// Names and numbers with `|` between; nothing for none.
    private mutating func parseAttributes() throws(LineFault) -> DMAAttributes {
        var bits: UInt64 = 0
        while place < line.count, line[place] != 0x20 {
            let start = place
            while place < line.count, line[place] != UInt8(ascii: "|"), line[place] != 0x20 {
                place += 1
            }
            let word = start..<place
            if KernelLogHead.isDigit(line[start]) {
                place = start
                let number = try number(decimal: true)
                // No attribute is that high; one that comes is a word of a later kernel.
                if number > UInt64(UInt32.max) { unknown.append(word) }
                bits |= number & UInt64(UInt32.max)
            } else if let bit = Self.attributeBit(line, word) {
                bits |= 1 << UInt64(bit)
            } else {
                unknown.append(word)
            }
            guard place < line.count, line[place] == UInt8(ascii: "|") else { break }
            place += 1
        }
        return DMAAttributes(rawValue: UInt32(bits))
    }

    /// The names of the tracepoints; two of them are not those of the kernel's constants.
    private static let attributeNames: [(name: StaticString, bit: Int)] = [
        ("SKIP_CPU_SYNC", 5), ("NO_WARN", 8), ("WEAK_ORDERING", 1), ("WRITE_COMBINE", 2),
        ("NO_KERNEL_MAPPING", 4), ("FORCE_CONTIGUOUS", 6), ("ALLOC_SINGLE_PAGES", 7),
        ("PRIVILEGED", 9), ("MMIO", 10), ("CACHELINES_OVERLAP", 11), ("CPU_CACHE_CLEAN", 11),
        ("DEBUGGING_IGNORE_CACHELINES", 11), ("REQUIRE_COHERENT", 12), ("CC_SHARED", 13),
        ("ALLOC_CC_SHARED", 14),
    ]

    private static func attributeBit(
        _ line: UnsafeBufferPointer<UInt8>, _ word: Range<Int>
    ) -> Int? {
        attributeNames.first { KernelLogHead.isWord($0.name, line, word) }?.bit
    }

    /// Whether a pointer is printed as NULL is.
    private static func isNull(_ line: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> Bool {
        KernelLogHead.isWord("(null)", line, word) || KernelLogHead.isWord("(nil)", line, word)
            || word.allSatisfy { line[$0] == UInt8(ascii: "0") || line[$0] == UInt8(ascii: "x") }
    }

    // MARK: Arrays

    private mutating func parseArray(
        _ size: Int, into list: inout [UInt64]
    ) throws(LineFault) {
        list.removeAll(keepingCapacity: true)
        if isRaw, KernelLogHead.isWord("ARRAY[", line, place) {
            try parseBytes(size, into: &list)
        } else if place < line.count, line[place] == UInt8(ascii: "{") {
            place += 1
            while place < line.count, line[place] != UInt8(ascii: "}") {
                list.append(try number(decimal: true))
                if place < line.count, line[place] == UInt8(ascii: ",") { place += 1 }
                skipBlanks()
            }
            guard place < line.count else {
                throw fault(at: place, expected: "a } at the end of the array")
            }
            place += 1
        } else {
            // Numbers with blanks between; the next field begins with a letter.
            while place < line.count, KernelLogHead.isDigit(line[place]) {
                list.append(try number(decimal: true))
                guard place + 1 < line.count, line[place] == 0x20,
                    KernelLogHead.isDigit(line[place + 1])
                else { break }
                place += 1
            }
        }
    }

    /// The bytes of an array, the lowest of each element first.
    private mutating func parseBytes(
        _ size: Int, into list: inout [UInt64]
    ) throws(LineFault) {
        place += 6
        let start = place
        var value: UInt64 = 0
        var bytes = 0
        while place < line.count, line[place] != UInt8(ascii: "]") {
            guard let high = HexWord.digit(line[place]), place + 1 < line.count,
                let low = HexWord.digit(line[place + 1])
            else { throw fault(at: place, expected: "a byte as two hexadecimal digits") }
            value |= (high << 4 | low) << UInt64(8 * (bytes % size))
            bytes += 1
            if bytes % size == 0 {
                list.append(value)
                value = 0
            }
            place += 2
            if place < line.count, line[place] == UInt8(ascii: ",") { place += 1 }
            skipBlanks()
        }
        guard place < line.count else {
            throw fault(at: place, expected: "a ] at the end of the array")
        }
        guard bytes % size == 0 else {
            throw LineFault(
                column: start + 1, found: "\(bytes) bytes", expected: "elements of \(size) bytes")
        }
        place += 1
    }

    // MARK: Places

    private mutating func skipBlanks() {
        while place < line.count, line[place] == 0x20 || line[place] == 0x09 { place += 1 }
    }

    private mutating func takeWord() -> Range<Int> {
        let start = place
        while place < line.count, line[place] != 0x20 { place += 1 }
        return start..<place
    }

    /// The fault that something else should stand at a place.
    func fault(at place: Int, expected: String) -> LineFault {
        var end = place
        while end < line.count, line[end] != 0x20 { end += 1 }
        return LineFault(
            column: place + 1,
            found: place < line.count ? shown(line[place..<end]) : "the end of the line",
            expected: expected)
    }
}

/// The lists of the event that was read last.
final class KernelLogLists {
    var dmaAddresses: [UInt64] = []
    var sizes: [UInt64] = []
    var physicalAddresses: [UInt64] = []

    /// Whether there is no list.
    var isEmpty: Bool { dmaAddresses.isEmpty && sizes.isEmpty && physicalAddresses.isEmpty }

    func removeAll() {
        // Most events have no lists.
        guard !isEmpty else { return }
        dmaAddresses.removeAll(keepingCapacity: true)
        sizes.removeAll(keepingCapacity: true)
        physicalAddresses.removeAll(keepingCapacity: true)
    }
}
