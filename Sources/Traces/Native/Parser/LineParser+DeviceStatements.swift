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

    /// `rd|wr ADDRESS BYTES [burst B] [= VALUE]`.
    private mutating func parseTransfer(
        _ kind: DeviceOperation.Kind, agent: Agent
    ) throws(NativeFault) {
        let start = try address()
        let bytes = try size(from: start.address.rawValue)
        let burst = take("burst") ? try accessSize() : nil
        let value = try optionalValue(bytes: bytes)
        let operation = DeviceOperation(
            kind, at: start, bytes: bytes, burst: burst, value: value)
        let options = burst == nil ? "'burst', '= VALUE', " : "'= VALUE', "
        try append(.device(operation), by: agent, options: value == nil ? options : "")
    }

    /// `fetch ADDRESS BYTES [chain]`.
    private mutating func parseDescriptorFetch(agent: Agent) throws(NativeFault) {
        let start = try address()
        let bytes = try size(from: start.address.rawValue)
        let chain = take("chain")
        let operation = DeviceOperation(.descriptorFetch(chain: chain), at: start, bytes: bytes)
        try append(.device(operation), by: agent, options: chain ? "" : "'chain', ")
    }

    private func deviceHint(_ keyword: Keyword, _ token: Token) -> String? {
        switch keyword {
        case .loadStore(.load): "a device reads with 'rd'"
        case .loadStore(.store): "a device writes with 'wr'"
        default: "'\(String(decoding: text(token), as: UTF8.self))' is not for devices"
        }
    }
}
