# ends: exception RecursionError
import email

message = ""
for number in range(1000):
    message += f"Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n"
email.message_from_string(message).as_string()
