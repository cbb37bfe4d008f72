import Operations
import Quantities

extension LineParser {
    /// Reads an operation of a device.
    mutating func parseDeviceStatement(
        _ keyword: Keyword, _ token: Token, _ expected: String, agent: Agent
    ) throws(NativeFault) {
        switch keyword {
        case .deviceRead: try parseTransfer(.read, agent: agent)
        case .deviceWrite: try parseTransfer(.write, agent: agent)
        case .fetch: try parseDescriptorFetch(agent: agent)
        case .copy: try parseDeviceCopy(agent: agent)
        case .interrupt: try append(.device(DeviceOperation(.interrupt)), by: agent)
        default: throw fault(token, expected: expected, hint: deviceHint(keyword, token))
        }
    }

    /// `writel|writel_relaxed|readl|readl_relaxed DEVICE+OFFSET [= VALUE]`.
    mutating func parseAccessor(
        _ function: Accessor.Function, agent: Agent
    ) throws(NativeFault) {
        let token = lexer.token
        let beforeName = lexer
        let (_, device) = try device()
        lexer = beforeName
        let register = try address()
        try check(4, from: register.address.rawValue, token)
        let hasOffset = register.address.rawValue != program.symbols[register.symbol]?.address
        let value = try optionalValue(bytes: 4)
        let accessor = Accessor(function, of: device, at: register, value: value)
        let options = hasOffset ? "'= VALUE', " : "'+ OFFSET', '= VALUE', "
        try append(.accessor(accessor), by: agent, options: value == nil ? options : "")
    }

    /// `rd|wr ADDRESS BYTES [rows N [pitch P]] [cycles N] [burst B] [= VALUE]`.
    private mutating func parseTransfer(
        _ kind: DeviceOperation.Kind, agent: Agent
    ) throws(NativeFault) {
        let start = try address()
        let bytes = try size(from: start.address.rawValue)
        var transfer = DeviceOperation(kind, at: start, bytes: bytes)
        var options = "'rows', 'cycles', 'burst', '= VALUE', "
        if try parseRows(of: &transfer) { options = "'cycles', 'burst', '= VALUE', " }
        if try parseCycles(of: &transfer) { options = "'burst', '= VALUE', " }
        if take("burst") {
            transfer.burst = try accessSize()
            options = "'= VALUE', "
        }
        transfer.value = try optionalValue(bytes: bytes)
        if transfer.value != nil { options = "" }
        try append(.device(transfer), by: agent, options: options)
    }

    /// `rows N [pitch P]`, if it comes next: P stands exactly where there are two rows or more.
    private mutating func parseRows(
        of transfer: inout DeviceOperation
    ) throws(NativeFault) -> Bool {
        guard take("rows") else {
            guard !matches(lexer.token, "pitch") else {
                throw fault(lexer.token, expected: "'rows' and their number before 'pitch'")
            }
            return false
        }
        transfer.rows = UInt32(
            truncatingIfNeeded: try number("a number of rows", in: Self.rounds))
        guard transfer.rows > 1 else {
            guard !matches(lexer.token, "pitch") else {
                throw fault(lexer.token, expected: "no pitch of a single row")
            }
            return true
        }
        try expect("pitch", "'pitch' and how many bytes the rows are apart")
        let token = lexer.token
        transfer.pitch = try size()
        try check(transfer, token)
        return true
    }

    /// `cycles N`, if it comes next.
    private mutating func parseCycles(
        of transfer: inout DeviceOperation
    ) throws(NativeFault) -> Bool {
        guard take("cycles") else { return false }
        let token = lexer.token
        transfer.cycles = UInt32(
            truncatingIfNeeded: try number("a number of cycles", in: Self.rounds))
        try check(transfer, token)
        return true
    }

    /// Checks the shape of a transfer; what is wrong with it is the fault of the word that was read last.
    private func check(_ transfer: DeviceOperation, _ token: Token) throws(NativeFault) {
        do throws(NativeRules.Violation) {
            try NativeRules.checkShape(of: transfer)
        } catch {
            throw fault(token, expected: error.expected, hint: error.hint)
        }
    }

    private static let rounds = 1...UInt64(UInt32.max)

    /// `copy TO FROM BYTES [burst B]`.
    private mutating func parseDeviceCopy(agent: Agent) throws(NativeFault) {
        let destination = try address()
        let source = try address()
        let bytes = lexer.token
        let count = try size(from: source.address.rawValue)
        try check(count, from: destination.address.rawValue, bytes)
        var transfer = DeviceOperation(.write, at: destination, bytes: count)
        transfer.source = source
        if take("burst") { transfer.burst = try accessSize() }
        try append(.device(transfer), by: agent, options: transfer.burst == nil ? "'burst', " : "")
    }

    /// `fetch ADDRESS BYTES [chain [LAYOUT [limit N]]]`.
    private mutating func parseDescriptorFetch(agent: Agent) throws(NativeFault) {
        let start = try address()
        let bytesToken = lexer.token
        let bytes = try size(from: start.address.rawValue)
        let chain = take("chain")
        var operation = DeviceOperation(.descriptorFetch(chain: chain), at: start, bytes: bytes)
        var options = chain ? "a layout, " : "'chain', "
        if chain, lexer.token.kind == .word {
            let (layout, entry) = try symbol(.layout, "a declared layout")
            guard entry.size == bytes else {
                throw fault(
                    bytesToken,
                    expected: "\(entry.size), the bytes of a descriptor of '\(entry.name)'")
            }
            operation.layout = layout
            options = "'limit', "
            if take("limit") {
                operation.limit = UInt32(
                    truncatingIfNeeded: try number("a number of descriptors", in: Self.rounds))
                options = ""
            }
        }
        try append(.device(operation), by: agent, options: options)
    }

    private func deviceHint(_ keyword: Keyword, _ token: Token) -> String? {
        switch keyword {
        case .loadStore(.load): "a device reads with 'rd'"
        case .loadStore(.store): "a device writes with 'wr'"
        default: "'\(String(decoding: text(token), as: UTF8.self))' is not for devices"
        }
    }
}
