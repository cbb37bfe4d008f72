import Operations
import Quantities

extension LineParser {
    /// `NAME = CALL …`.
    mutating func parseAssignment(_ name: Token, agent: Agent) throws(NativeFault) {
        try expect(.equals, "'='")
        let token = lexer.token
        guard token.kind == .word, case .dma(let function)? = callKeyword(token),
            function.makesHandle
        else {
            let names = DMACall.Function.allCases.filter(\.makesHandle).map(\.rawValue)
            throw fault(
                token, expected: "a call that makes a handle or a pool",
                hint: suggestion(for: token, among: names))
        }
        let kind: SymbolTable.Kind = function == .poolCreate ? .pool : .handle
        let handleName = try assignable(name, kind)
        lexer.advance()
        var call = DMACall(function)
        try parseCreation(&call)
        let handle = try assign(handleName, call)
        call.handle = handle
        if function == .poolCreate { call.pool = handle }
        try finish(call, agent: agent)
    }

    /// `CALL …` without a name on its left.
    mutating func parseCall(
        _ function: DMACall.Function, _ token: Token, agent: Agent
    ) throws(NativeFault) {
        guard !function.makesHandle else {
            throw fault(
                token, expected: "'NAME = \(function.rawValue) ...'",
                hint: "the call makes something that later calls must name")
        }
        var call = DMACall(function)
        switch function.shape {
        case .unbind: call.device = try device().1
        case .memory:
            call.device = try device().1
            call.segments = [try segment(separated: false)]
        case .setting:
            call.device = try device().1
            call.setting = try setting(of: function)
        case .poolFree: try parsePoolFree(&call)
        case .poolDestroy:
            call.pool = try pool().0
            call.handle = call.pool
        default: try parseUse(&call)
        }
        try finish(call, agent: agent)
    }

    /// The operands of a call that makes a handle or a pool.
    private mutating func parseCreation(_ call: inout DMACall) throws(NativeFault) {
        if call.function.shape == .poolAllocate {
            let (pool, entry) = try pool()
            call.pool = pool
            let token = lexer.token
            let start = try address()
            try check(entry.size, from: start.address.rawValue, token)
            call.segments = [DMACall.Segment(at: start, size: entry.size)]
            return
        }
        call.device = try device().1
        switch call.function.shape {
        case .map:
            call.segments = [try segment(separated: false)]
            call.direction = try direction()
        case .mapList:
            call.direction = try direction()
            try parseList(&call)
        case .poolCreate:
            call.size = try size()
            call.alignment = try number("an alignment")
            if isNumberNext { call.boundary = try number("a boundary") }
        default:
            call.segments = [try segment(separated: false)]
        }
    }

    /// The operands of a call that uses a handle.
    private mutating func parseUse(_ call: inout DMACall) throws(NativeFault) {
        let (handle, entry) = try symbol(.handle, "a handle made before")
        call.handle = handle
        switch call.function.shape {
        case .userMapping: return try parseUserMapping(&call, of: entry)
        case .kernelMapping:
            guard canStartAddress else { return }
            let token = lexer.token
            let start = try address()
            try check(entry.size, from: start.address.rawValue, token)
            call.segments = [DMACall.Segment(at: start, size: entry.size)]
            return
        case .unmap, .free:
            if isNumberNext { call.size = try size() }
        case .list:
            if isNumberNext {
                call.count = try number("a number of entries", in: 1...UInt64(UInt32.max))
            }
        case .sync:
            if isNumberNext {
                let offset = try number("an offset")
                call.offset = offset
                call.size = try size(from: offset)
            }
        case .link: return try parseLink(&call)
        case .table: break
        default: return
        }
        if call.function.shape != .free { call.direction = takeOptional(Vocabulary.directions) }
        if call.function.takesDMAAddress { call.dmaAddress = try takeAddress("dma") }
        if call.function.takesCPUAddress { call.cpuAddress = try takeAddress("cpu") }
    }

    /// `WORD=ADDRESS`, if it comes next.
    private mutating func takeAddress(_ word: StaticString) throws(NativeFault) -> Operand? {
        guard take(word) else { return nil }
        try expect(.equals, "'=' and an address")
        let token = lexer.token
        let place = try address()
        try check(1, from: place.address.rawValue, token)
        return place
    }

    /// `ADDRESS [OFFSET SIZE]`: all of an allocation, or a part.
    private mutating func parseUserMapping(
        _ call: inout DMACall, of entry: SymbolTable.Entry
    ) throws(NativeFault) {
        let token = lexer.token
        let start = try address()
        var bytes = entry.size
        if isNumberNext {
            call.offset = try number("an offset")
            bytes = try size(from: start.address.rawValue)
        } else {
            try check(bytes, from: start.address.rawValue, token)
        }
        call.segments = [DMACall.Segment(at: start, size: bytes)]
    }

    /// What a device is said to be able to do.
    private mutating func setting(of function: DMACall.Function) throws(NativeFault) -> UInt64 {
        let token = lexer.token
        let limits = NativeRules.settings(of: function)
        let number = try number(limits.what, in: limits.range)
        guard function != .setSegmentBoundary || NativeRules.isBoundary(number) else {
            throw fault(token, expected: NativeRules.boundary)
        }
        return number
    }

    /// `ADDRESS OFFSET SIZE DIRECTION`.
    private mutating func parseLink(_ call: inout DMACall) throws(NativeFault) {
        let start = try address()
        call.offset = try number("an offset")
        call.segments = [DMACall.Segment(at: start, size: try size(from: start.address.rawValue))]
        call.direction = try direction()
    }

    private mutating func parsePoolFree(_ call: inout DMACall) throws(NativeFault) {
        call.pool = try pool().0
        call.handle = try handle()
    }

    /// `ADDRESS,SIZE {ADDRESS,SIZE}`.
    private mutating func parseList(_ call: inout DMACall) throws(NativeFault) {
        var total: UInt64 = 0
        repeat {
            let token = lexer.token
            let segment = try segment(separated: true)
            let (sum, overflow) = total.addingReportingOverflow(segment.size)
            guard !overflow else {
                throw fault(token, expected: "segments of less than 2^64 bytes together")
            }
            total = sum
            call.segments.append(segment)
        } while lexer.token.kind == .word && !isNext("attrs", .equals) && !isFailureNext
    }

    /// Whether a word comes next that is no buffer's name here, as what follows it tells.
    private func isNext(_ word: StaticString, _ punctuation: Token.Kind) -> Bool {
        guard matches(lexer.token, word) else { return false }
        var ahead = lexer
        ahead.advance()
        return ahead.token.kind == punctuation
    }

    /// Whether `fails` comes next, and not a buffer of that name.
    private var isFailureNext: Bool {
        matches(lexer.token, "fails") && !isNext("fails", .comma) && !isNext("fails", .plus)
    }

    private mutating func segment(separated: Bool) throws(NativeFault) -> DMACall.Segment {
        let start = try address()
        if separated { try expect(.comma, "',' and a size") }
        return DMACall.Segment(at: start, size: try size(from: start.address.rawValue))
    }

    /// Whether an address can come next: a word that is no annotation.
    private var canStartAddress: Bool {
        lexer.token.kind == .word && text(lexer.token).first != UInt8(ascii: "@")
    }

    private mutating func direction() throws(NativeFault) -> DMADirection {
        try takeOne(
            of: Vocabulary.directions,
            "a direction (TO_DEVICE, FROM_DEVICE, BIDIRECTIONAL or NONE)")
    }

    private mutating func pool() throws(NativeFault) -> (SymbolID, SymbolTable.Entry) {
        try symbol(.pool, "a pool made before")
    }

    private mutating func handle() throws(NativeFault) -> HandleID {
        try symbol(.handle, "a handle made before").0
    }

    private func callKeyword(_ token: Token) -> Keyword? {
        Vocabulary.keywordTable.find(text(token))
    }

    /// The name on the left of `=`: a new one, or one of the same kind, which gets a new meaning.
    private mutating func assignable(
        _ token: Token, _ kind: SymbolTable.Kind
    ) throws(NativeFault) -> String {
        let name = try validName(token)
        guard let symbol = program.symbols.find(name), let entry = program.symbols[symbol] else {
            pending = SymbolTable.Entry(name: name, kind: kind)
            return name
        }
        guard entry.kind == kind else {
            throw fault(
                token, expected: "a name that is free, or that of a \(kind)",
                hint: "'\(name)' is a \(entry.kind)")
        }
        return name
    }

    private mutating func assign(_ name: String, _ call: DMACall) throws(NativeFault) -> HandleID {
        guard let entry = call.meaning(name: name) else { return .none }
        guard let known = program.symbols.find(name) else {
            return try add(entry)
        }
        program.symbols.update(known, to: entry)
        return known
    }

    /// The attributes and what ends the line.
    private mutating func finish(_ call: DMACall, agent: Agent) throws(NativeFault) {
        var call = call
        let takesAttributes = call.function.takesAttributes
        if takesAttributes, matches(lexer.token, "attrs") {
            lexer.advance()
            call.attributes = try attributes()
        }
        var rest = takesAttributes && call.attributes.isEmpty ? "'attrs=A|B', " : ""
        if call.function.canFail {
            call.fails = take("fails")
            rest = call.fails ? "" : rest + "'fails', "
        }
        try append(.dma(call), by: agent, options: options(before: rest, call))
    }

    /// What else could have stood at the end of a call.
    private func options(before rest: String, _ call: DMACall) -> String {
        let rest = places(of: call) + rest
        let isOpen = call.attributes.isEmpty && call.dmaAddress == nil && call.cpuAddress == nil
        guard call.direction == nil, isOpen else { return rest }
        switch call.function.shape {
        case .unmap: return (call.size == nil ? "a size, a direction, " : "a direction, ") + rest
        case .list:
            return (call.count == nil ? "a number of entries, a direction, " : "a direction, ")
                + rest
        case .table: return "a direction, " + rest
        case .sync:
            return call.size == nil ? "an offset and a size, a direction, " : "a direction, "
        case .free: return (call.size == nil ? "a size, " : "") + rest
        case .userMapping:
            return (call.offset == nil ? "an offset and a size, " : "") + rest
        case .kernelMapping: return (call.segments.isEmpty ? "an address, " : "") + rest
        default: return rest
        }
    }

    /// The addresses that could still stand in a release, in the words of an error.
    private func places(of call: DMACall) -> String {
        guard call.attributes.isEmpty, call.cpuAddress == nil else { return "" }
        let takesDMA = call.function.takesDMAAddress && call.dmaAddress == nil
        return (takesDMA ? "'dma=ADDRESS', " : "")
            + (call.function.takesCPUAddress ? "'cpu=ADDRESS', " : "")
    }

    /// `=A|B`.
    private mutating func attributes() throws(NativeFault) -> DMAAttributes {
        try expect(.equals, "'=' and the names of attributes")
        var result: DMAAttributes = []
        repeat {
            let token = lexer.token
            guard let bit = attributeBit(token) else {
                throw fault(
                    token, expected: "a DMA attribute such as SKIP_CPU_SYNC",
                    hint: suggestion(for: token, among: DMAAttributes.names))
            }
            result.insert(bit)
            lexer.advance()
        } while take(.bar)
        return result
    }

    /// The bit of an attribute's name, with or without `DMA_ATTR_`.
    private func attributeBit(_ token: Token) -> DMAAttributes? {
        guard token.kind == .word else { return nil }
        let name = String(decoding: text(token), as: UTF8.self)
        let bare = name.hasPrefix("DMA_ATTR_") ? String(name.dropFirst(9)) : name
        guard let place = DMAAttributes.names.firstIndex(of: bare) else { return nil }
        return NativeRules.attribute(place)
    }
}
