/// The version of Martlet, as `martlet --version` prints it and as files say who wrote them.
public let martletVersion = "0.1.0"
