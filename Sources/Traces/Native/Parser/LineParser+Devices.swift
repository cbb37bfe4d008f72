import Operations
import Quantities

extension LineParser {
    /// `device NAME [port PORT] [coherent|noncoherent] [regs ADDRESS SIZE] [mask BITS]`; the options in any order.
    mutating func deviceDeclaration() throws(NativeFault) -> Declaration {
        let token = lexer.token
        let name = try newName(.device)
        guard devices.count < Agent.maximumDevices else {
            throw fault(token, expected: "at most \(Agent.maximumDevices) devices")
        }
        var device = DeviceDeclaration(name: .none, agent: .device(devices.count))
        while lexer.token.kind != .end { try parseDeviceOption(into: &device) }
        let registers = device.effectiveRegisters
        let size = registers.upperBound - registers.lowerBound + 1
        let entry = SymbolTable.Entry(
            name: name, kind: .device, address: registers.lowerBound, size: size)
        device.name = try add(entry)
        devices[device.name] = device.agent
        return .device(device)
    }

    private mutating func parseDeviceOption(
        into device: inout DeviceDeclaration
    ) throws(NativeFault) {
        let token = lexer.token
        if take("port") {
            try checkOption(device.port == nil, token)
            device.port = try takeShortText("the name of a port")
        } else if take("coherent") {
            try checkOption(device.isCoherent == nil, token)
            device.isCoherent = true
        } else if take("noncoherent") {
            try checkOption(device.isCoherent == nil, token)
            device.isCoherent = false
        } else if take("regs") {
            try checkOption(device.registers == nil, token)
            let start = try address().address.rawValue
            let size = try size(from: start)
            device.registers = start...(start + size - 1)
        } else if take("mask") {
            try checkOption(device.maskBits == nil, token)
            device.maskBits = Int(try number("a number of address bits", in: 1...64))
        } else {
            let words = ["port", "coherent", "noncoherent", "regs", "mask"]
            throw fault(
                token,
                expected:
                    "'port', 'coherent', 'noncoherent', 'regs', 'mask' or the end of the line",
                hint: suggestion(for: token, among: words))
        }
    }

    private func checkOption(_ isFirst: Bool, _ token: Token) throws(NativeFault) {
        guard isFirst else {
            throw fault(token, expected: "each option of a device at most once")
        }
    }
}
