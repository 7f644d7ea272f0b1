// SPDX-License-Identifier: MIT
// A console that another thread writes to, and a member that is a C++ object: prints what it saw.
#include <charhub.h>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace
{
void check(int result, charhub_error *error)
{
	std::unique_ptr<charhub_error, decltype(&charhub_error_free)> owned(error, charhub_error_free);

	if (result < 0)
		throw std::runtime_error(error ? charhub_error_message(error) : "no reason given");
}

class Listener
{
      public:
	Listener(charhub *hub, charhub_console *console) : hub_(hub)
	{
		charhub_member_config config = {};
		charhub_error *error = nullptr;

		config.size = sizeof(config);
		config.on_output = [](void *self, const void *bytes, size_t len) {
			return static_cast<Listener *>(self)->hear(static_cast<const char *>(bytes), len);
		};
		config.data = this;
		check(charhub_member_new(console, &config, &member_, &error), error);
	}

	Listener(const Listener &) = delete;
	Listener &operator=(const Listener &) = delete;

	~Listener()
	{
		charhub_member_free(member_);
	}

      private:
	size_t hear(const char *bytes, size_t len)
	{
		text_.append(bytes, len);
		if (text_.find("bye") != std::string::npos) {
			std::cout << "heard bye" << std::endl;
			charhub_stop(hub_);
		}
		return len;
	}

	charhub *hub_;
	charhub_member *member_ = nullptr;
	std::string text_;
};
} // namespace

int main()
{
	charhub *made = nullptr;
	charhub_error *error = nullptr;

	check(charhub_new(nullptr, &made, &error), error);
	std::unique_ptr<charhub, decltype(&charhub_free)> hub(made, charhub_free);
	charhub_console_config config = {};
	charhub_console *console = nullptr;

	config.size = sizeof(config);
	config.id = "con0";
	check(charhub_console_new(hub.get(), &config, &console, &error), error);
	Listener listener(hub.get(), console);
	std::thread other([&] {
		charhub_post(
			hub.get(),
			[](void *data) {
				charhub_console_write(static_cast<charhub_console *>(data), "good bye", 8);
			},
			console);
	});
	charhub_run(hub.get());
	other.join();
	return 0;
}
